// What was asked is answered as the deeds before it decide: each answer is held against that, act by act.
import type { Answer, Deed } from '../deed.ts';
import { sumOf } from './arithmetic.ts';
import { type Books, budgetOf } from './books.ts';
import { monthAt } from './calendar.ts';
import { foretellDesk } from './desk-answers.ts';
import { type Foretold, foretellPlan, type Means, type PlanDeed, type Verdict } from './plan-answers.ts';
import type { Plans } from './plans.ts';
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
}

/** Nothing is known, and nothing was answered. */
export function noForesight(): Foresight {
  return { budgets: new Map(), misanswered: [] };
}

/** Judges the answer to a deed by what is known before it, and lets it be applied. */
export function foresee(foresight: Foresight, known: Known, deed: Deed, apply: () => void): void {
  const { budgets, misanswered } = foresight;
  for (const { verdicts, answer } of foretold(foresight, known, deed)) {
    const answered = verdictOf(answer);
    if (!verdicts.has(answered)) misanswered.push({ deed, foretold: [...verdicts].join(' or '), answered });
  }
  if (deed.kind === 'paid') judgeCharge(foresight, known, deed);
  const userId = 'userId' in deed ? deed.userId : null;
  const budget = () => (userId === null ? 0 : budgetAt(known, { userId, at: deed.at }));
  const before = budget();
  apply();
  if (userId !== null) budgets.set(userId, [...(budgets.get(userId) ?? []), before, budget()]);
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
export function foreseeTurn({ budgets }: Foresight): void {
  budgets.clear();
}

function foretold(foresight: Foresight, known: Known, deed: Deed): readonly Foretold[] {
  switch (deed.kind) {
    case 'allocation_set':
    case 'allocation_removed':
    case 'allocations_set_together':
    case 'change_undone':
    case 'schedule_made':
    case 'schedule_changed':
    case 'schedule_removed':
    case 'preferences_kept':
      return foretellPlan(known.plans, deed, meansOf(foresight, known, deed));
    case 'subscribed':
    case 'subscription_changed':
    case 'subscription_cancelled':
    case 'subscription_resumed':
      return [{ verdicts: foretellSubscription(known.subscriptions, deed), answer: deed.answer }];
    case 'hold_placed':
    case 'hold_released':
    case 'hold_reversed':
    case 'written_off':
      return [{ verdicts: new Set([foretellDesk(known.books, deed)]), answer: deed.answer }];
    case 'resource_registered':
    case 'writer_state_set':
      return [{ verdicts: new Set(['accepted']), answer: deed.answer }];
    default:
      return [];
  }
}

function meansOf({ budgets }: Foresight, known: Known, deed: PlanDeed): Means {
  const { userId, knownEverywhere } = deed;
  if (knownEverywhere) budgets.delete(userId);
  const possible = [budgetAt(known, deed), ...(budgets.get(userId) ?? [])];
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
