// An independent oracle: from what a population did, and was answered, to what every line, supporter, writer, payout and
// account comes to. It knows the rules, and no code of the product's.
import type { Chronicle, Deed } from '../deed.ts';
import { byBytes } from './arithmetic.ts';
import { type Books, budgetOf, noBooks } from './books.ts';
import { cutoffOf, following, monthAt } from './calendar.ts';
import { closeMonth, type PlanAtCutoff } from './closed-month.ts';
import { placeHold, releasePlacedHold, reverseHold, writeOff } from './desk.ts';
import { type Foresight, foresee, foreseeTurn, type Misanswered, noForesight } from './foresight.ts';
import { fundsOf, post } from './general-ledger.ts';
import { retryRefund, settleCharges, takePayment } from './payments.ts';
import {
  creditEarnings,
  fundStorage,
  holdPayout,
  payoutNotMade,
  payWriters,
  releasePayout,
  withheldCents,
} from './payouts.ts';
import { type Kept, type Outcome, type Standing, statesOf } from './plan.ts';
import { applyToPlans, noPlans, type Plans } from './plans.ts';
import { turnPlan } from './schedules.ts';
import {
  applyToSubscriptions,
  expectedCents,
  isFirstMonthBilled,
  renewAll,
  type Subscriptions,
} from './subscriptions.ts';
import { applyWaiting, failRefund, loseDispute, openDispute, refund, winDispute } from './withdrawals.ts';

/** What the deeds come to. `ledger`: debits less credits by account of the general ledger, at `until`. */
export interface Reckoning
  extends Pick<Books, 'closed' | 'payouts' | 'writers' | 'ledger' | 'isStorageDecided' | 'storageMoreCents'> {
  /** What stands now, by supporter, type and id of the resource: `ada page letters`. */
  readonly plans: ReadonlyMap<string, Kept>;
  /** Schedules by id, and what they have come to. */
  readonly schedules: ReadonlyMap<string, 'planned' | Outcome>;
  /** The answers that the deeds before them do not allow, the first one first. */
  readonly misanswered: readonly Misanswered[];
}

/** Everything as of a deed. */
interface Going {
  readonly books: Books;
  readonly plans: Plans;
  readonly subscriptions: Subscriptions;
  /** Plans as they stood at the cutoffs of months that are not closed. */
  readonly frozen: Map<string, ReadonlyMap<string, readonly Standing[]>>;
  readonly foresight: Foresight;
  runningMonth: string | null;
  /** The first month that anybody was billed; of those before it nothing is to be closed, though it may be. */
  firstMonth: string | null;
}

/**
 * Goes through the deeds in order of their instants. `until` is the business instant at which the product is looked at, when
 * everything that they led to is over.
 */
export function reckon(chronicle: Chronicle, until: string): Reckoning {
  const foresight = noForesight();
  const reckoning = goThrough(chronicle, until, foresight);
  // An answer is judged once more with what came true in that moment.
  if (foresight.doubted.size === 0) return reckoning;
  return goThrough(chronicle, until, noForesight(foresight.doubted));
}

function goThrough({ deeds }: Chronicle, until: string, foresight: Foresight): Reckoning {
  const going: Going = {
    books: noBooks(),
    plans: noPlans(),
    subscriptions: new Map(),
    frozen: new Map(),
    foresight,
    runningMonth: null,
    firstMonth: null,
  };
  const inOrder = deeds
    .map((deed, place) => ({ deed, place }))
    .sort((a, b) => byBytes(secondOf(a.deed), secondOf(b.deed)) || a.place - b.place);
  for (const { deed } of inOrder) {
    turnTo(going, monthAt(deed.at));
    foresee(going.foresight, going, deed, () => {
      if (deed.answer.outcome === 'accepted') apply(going, deed);
    });
  }
  turnTo(going, monthAt(until));
  settleCharges(going.books, until);
  const { closed, payouts, writers, ledger, isStorageDecided, storageMoreCents } = going.books;
  return { closed, payouts, writers, ledger, isStorageDecided, storageMoreCents, ...seenIn(going) };
}

function seenIn({ plans, foresight: { misanswered } }: Going): Pick<Reckoning, 'plans' | 'schedules' | 'misanswered'> {
  const standing = [...plans.byUser].flatMap(([userId, plan]) =>
    [...plan.standing].map(([name, kept]) => [`${userId} ${name}`, kept] as const),
  );
  const schedules = [...plans.byUser.values()].flatMap((plan) => [...statesOf(plan)]);
  return { plans: new Map(standing), schedules: new Map(schedules), misanswered };
}

/** Stripe dates its facts by whole seconds: within one, what was written down first was first. */
function secondOf({ at }: Deed): string {
  return at.slice(0, 'YYYY-MM-DDTHH:MM:SS'.length);
}

/** Each month's first instant: plans are as they were at the cutoff, subscriptions renew, then schedules are tried (A9). */
function turnTo(going: Going, month: string): void {
  going.runningMonth ??= month;
  while (going.runningMonth < month) {
    going.frozen.set(going.runningMonth, standingLines(going.plans));
    going.runningMonth = following(going.runningMonth);
    renewAll(going.subscriptions);
    if (going.subscriptions.size > 0) going.firstMonth ??= going.runningMonth;
    for (const [userId, plan] of going.plans.byUser) {
      const budgetCents =
        expectedCents(going.subscriptions, userId) + budgetOf(going.books, userId, going.runningMonth);
      turnPlan(plan, going.plans, { userId, month: going.runningMonth, budgetCents });
    }
    foreseeTurn(going.foresight);
  }
}

/** What can be given at this moment: nothing to a writer who takes no support (A11). */
function standingLines({ byUser, writerStates }: Plans): ReadonlyMap<string, readonly Standing[]> {
  const lines = new Map<string, readonly Standing[]>();
  for (const [userId, { standing }] of byUser) {
    const open = [...standing.values()].filter(
      ({ recipientUserId }) => (writerStates.get(recipientUserId) ?? 'open') === 'open',
    );
    lines.set(userId, open);
  }
  return lines;
}

function apply(going: Going, deed: Deed): void {
  if (deed.kind === 'subscribed' && isFirstMonthBilled(deed)) going.firstMonth ??= monthAt(deed.at);
  applyToPlans(going.plans, deed);
  applyToSubscriptions(going.subscriptions, deed);
  applyToMoney(going.books, deed);
  if (deed.kind === 'close_asked' && deed.runKind === 'close') closeThrough(going, deed.month, deed.at);
  if (deed.kind === 'month_settled') closeEmpty(going, deed.month);
}

function applyToMoney(books: Books, deed: Deed): void {
  switch (deed.kind) {
    case 'subscribed':
    case 'card_changed':
      books.cards.set(deed.userId, deed.card);
      return;
    case 'paid':
      takePayment(books, deed);
      return;
    case 'refunded':
      refund(books, deed);
      return;
    case 'refund_failed':
      failRefund(books, deed);
      return;
    case 'dispute_opened':
      openDispute(books, deed);
      return;
    case 'dispute_won':
      winDispute(books, deed);
      return;
    case 'dispute_lost':
      loseDispute(books, deed);
      return;
    case 'topped_up':
      post(books.ledger, deed.cents, 'stripe:payments', 'platform:capital');
      return;
    case 'payout_account_became':
      books.accounts.set(deed.writerId, deed.state);
      return;
    case 'payout_came_back':
    case 'payout_failed':
      payoutNotMade(books, deed.writerId, deed.month);
      return;
    case 'payout_cancelled':
      if (deed.next === 'canceled') payoutNotMade(books, deed.writerId, deed.month);
      return;
    case 'payout_held':
      holdPayout(books, deed.writerId, deed.month);
      return;
    case 'payout_released':
      releasePayout(books, deed.writerId, deed.month);
      return;
    case 'hold_placed':
      placeHold(books, deed);
      return;
    case 'hold_released':
      releasePlacedHold(books, deed.holdId);
      return;
    case 'hold_reversed':
      reverseHold(books, deed.holdId);
      return;
    case 'written_off':
      writeOff(books, deed);
      return;
    case 'refund_retried':
      retryRefund(books, deed);
      return;
    default:
  }
}

/** Closes a month, after those before it that were missed (A8), and pays its writers. One that is closed stays so (B2). */
function closeThrough(going: Going, month: string, at: string): void {
  const { books, frozen } = going;
  if (at < cutoffOf(month)) return;
  const due = [...frozen.keys()].filter((each) => each <= month && !books.closed.has(each)).sort(byBytes);
  for (const each of due.filter((of) => of === month || isToBeClosed(going, of))) {
    const closed = closeMonth(each, plansAtCutoff(books, each, frozen.get(each)));
    books.closed.set(each, closed);
    frozen.delete(each);
    for (const { userId, fundedCents, unallocatedCents } of closed.supporters.values()) {
      post(books.ledger, fundedCents, fundsOf(userId, each), `allocated:${each}`);
      post(books.ledger, unallocatedCents, fundsOf(userId, each), 'platform_revenue:unallocated');
    }
    creditEarnings(books, closed);
    applyWaiting(books, each);
    fundStorage(books);
    payWriters(books, closed);
    // Billing may fund the next of several months before it hears that this one's payouts are made.
    if (each !== month) books.repaidCents += withheldCents(books, each);
  }
}

function isToBeClosed({ firstMonth }: Going, month: string): boolean {
  return firstMonth !== null && month >= firstMonth;
}

/** Somebody had tried to subscribe in a month before anybody was billed, so that it was closed with the others. */
function closeEmpty(going: Going, month: string): void {
  const { books, frozen } = going;
  if (isToBeClosed(going, month) || books.closed.has(month)) return;
  books.closed.set(month, closeMonth(month, plansAtCutoff(books, month, frozen.get(month))));
}

function plansAtCutoff(
  books: Books,
  month: string,
  standing: ReadonlyMap<string, readonly Standing[]> | undefined,
): PlanAtCutoff[] {
  const userIds = new Set([...(standing?.keys() ?? []), ...(books.budgets.get(month)?.keys() ?? [])]);
  return [...userIds].sort(byBytes).map((userId) => ({
    userId,
    budgetCents: budgetOf(books, userId, month),
    allocations: standing?.get(userId) ?? [],
  }));
}
