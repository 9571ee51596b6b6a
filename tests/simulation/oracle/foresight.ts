// What was asked is answered as the deeds before it decide: each answer is held against that, act by act.
import type { Answer, Deed } from '../deed.ts';
import { sumOf } from './arithmetic.ts';
import { type Books, budgetOf } from './books.ts';
import { monthAt } from './calendar.ts';
import { foretellClose, foretellSweep } from './close-answers.ts';
import { foretellDesk } from './desk-answers.ts';
import { foretellPayout } from './payout-answers.ts';
import { type Foretold, foretellPlan, isPlanDeed, type Means, type PlanDeed, type Verdict } from './plan-answers.ts';
import type { Plans } from './plans.ts';
import { nothingRemembered, type Remembered, remember } from './remembered.ts';
import { chargesDue, foretellSubscription } from './subscription-answers.ts';
import { comingCents, expectedCents, type Subscriptions } from './subscriptions.ts';

/** An answer, or an amount that was charged, that the deeds before it do not allow. */
export interface Misanswered {
  readonly deed: Deed;
  readonly foretold: string;
  readonly answered: string;
}

/** What answers follow from. */
export interface Known {
  readonly books: Books;
  readonly plans: Plans;
  readonly subscriptions: Subscriptions;
}

/** Watches what is answered. */
export interface Foresight {
  /** Each supporter's budgets of the running month since nothing was under way: allocations may still know any of them. */
  readonly budgets: Map<string, readonly number[]>;
  readonly misanswered: Misanswered[];
  readonly remembered: Remembered;
  /**
   * Wrong answers given while something was under way, each with the supporter's budgets from then on until everything was
   * known: a refund that waits for money lowers a budget before it is a deed.
   */
  readonly doubted: Map<PlanDeed, number[]>;
  /** Those of them that may still turn out to be right. */
  readonly undecided: Set<PlanDeed>;
  /** What was `doubted` when the same deeds were gone through before. */
  readonly hindsight: ReadonlyMap<Deed, readonly number[]>;
}

/** Nothing is known, and nothing was answered. */
export function noForesight(hindsight: Foresight['hindsight'] = new Map()): Foresight {
  const nothing = { budgets: new Map(), misanswered: [], remembered: nothingRemembered() };
  return { ...nothing, doubted: new Map(), undecided: new Set(), hindsight };
}

/** Judges the answer to a deed by what is known before it, and lets it be applied. */
export function foresee(foresight: Foresight, known: Known, deed: Deed, apply: () => void): void {
  const { budgets, misanswered } = foresight;
  if (isPlanDeed(deed) && deed.knownEverywhere) foresight.undecided.clear();
  for (const { verdicts, answer } of foretold(foresight, known, deed)) {
    const answered = verdictOf(answer);
    if (verdicts.has(answered)) continue;
    misanswered.push({ deed, foretold: [...verdicts].join(' or '), answered });
    if (isPlanDeed(deed) && !deed.knownEverywhere) doubt(foresight, deed);
  }
  if (deed.kind === 'paid') judgeCharge(foresight, known, deed);
  const userId = 'userId' in deed ? deed.userId : null;
  const budget = () => (userId === null ? 0 : budgetAt(known, { userId, at: deed.at }));
  const before = budget();
  apply();
  remember(foresight.remembered, deed);
  if (userId === null) return;
  budgets.set(userId, [...(budgets.get(userId) ?? []), before, budget()]);
  for (const doubted of foresight.undecided) {
    if (doubted.userId === userId) foresight.doubted.get(doubted)?.push(budget());
  }
}

function doubt({ doubted, undecided }: Foresight, deed: PlanDeed): void {
  doubted.set(deed, []);
  undecided.add(deed);
}

/** E3: what is charged is a renewal, a raise, or the first part of a month, to the cent. */
function judgeCharge(
  { misanswered }: Foresight,
  { subscriptions }: Known,
  deed: Extract<Deed, { kind: 'paid' }>,
): void {
  const due = chargesDue(subscriptions, deed);
  const cents = sumOf(deed.parts.map((part) => part.cents));
  if (due === null || due.includes(cents)) return;
  misanswered.push({ deed, foretold: due.map((each) => `${each} ¢`).join(' or '), answered: `${cents} ¢` });
}

/** The running month is another: its budget was said ahead, so that everybody knows it. */
export function foreseeTurn({ budgets, undecided }: Foresight): void {
  budgets.clear();
  undecided.clear();
}

function foretold(foresight: Foresight, known: Known, deed: Deed): readonly Foretold[] {
  if (isPlanDeed(deed)) return foretellPlan(known.plans, deed, meansOf(foresight, known, deed));
  const { remembered } = foresight;
  switch (deed.kind) {
    case 'subscribed':
    case 'subscription_changed':
    case 'subscription_cancelled':
    case 'subscription_resumed':
      return [{ verdicts: foretellSubscription(known.subscriptions, deed), answer: deed.answer }];
    case 'question_asked':
    case 'question_answered':
    case 'hold_placed':
    case 'hold_released':
    case 'hold_reversed':
    case 'written_off':
      return [{ verdicts: new Set([foretellDesk(known.books, remembered, deed)]), answer: deed.answer }];
    case 'payout_held':
    case 'payout_released':
    case 'payout_cancelled':
    case 'payout_retried':
      return [{ verdicts: foretellPayout(remembered, deed), answer: deed.answer }];
    case 'close_asked':
      return [{ verdicts: foretellClose(known.books, remembered, deed), answer: deed.answer }];
    case 'sweep_asked':
      return [{ verdicts: new Set([foretellSweep(deed)]), answer: deed.answer }];
    case 'resource_registered':
    case 'writer_state_set':
      return [{ verdicts: new Set(['accepted']), answer: deed.answer }];
    default:
      return [];
  }
}

function meansOf({ budgets, hindsight }: Foresight, known: Known, deed: PlanDeed): Means {
  const { userId, knownEverywhere } = deed;
  if (knownEverywhere) budgets.delete(userId);
  const possible = [budgetAt(known, deed), ...(budgets.get(userId) ?? []), ...(hindsight.get(deed) ?? [])];
  return {
    leastCents: Math.min(...possible),
    mostCents: Math.max(...possible),
    expectedCents: comingCents(known.subscriptions, userId),
  };
}

/** What was paid for the month, and its renewal as long as that is open. */
function budgetAt({ books, subscriptions }: Known, { userId, at }: { userId: string; at: string }): number {
  return expectedCents(subscriptions, userId) + budgetOf(books, userId, monthAt(at));
}

function verdictOf(answer: Answer): Verdict {
  return answer.outcome === 'accepted' ? 'accepted' : answer.code;
}
