// What was answered before, and that the books do not tell: later answers follow from it, too.
import type { Deed } from '../deed.ts';
import { monthAt } from './calendar.ts';

/** All that answers follow from beside books, plans and subscriptions. */
export interface Remembered {
  readonly answeredQuestions: Set<string>;
  /** Payouts that an operator keeps back: `2026-09 wim`. */
  readonly keptBack: Set<string>;
  /** The first month in which somebody came to have a subscription, and in which somebody tried to. */
  firstSubscribed: string | null;
  firstTried: string | null;
}

/** Nobody has asked for anything. */
export function nothingRemembered(): Remembered {
  return { answeredQuestions: new Set(), keptBack: new Set(), firstSubscribed: null, firstTried: null };
}

/** Keeps of a deed what later answers follow from. */
export function remember(remembered: Remembered, deed: Deed): void {
  if (deed.kind === 'subscribed') remembered.firstTried ??= monthAt(deed.at);
  if (deed.answer.outcome !== 'accepted') return;
  switch (deed.kind) {
    case 'subscribed':
      remembered.firstSubscribed ??= monthAt(deed.at);
      return;
    case 'question_answered':
      remembered.answeredQuestions.add(deed.questionId);
      return;
    case 'payout_held':
      remembered.keptBack.add(payoutNameOf(deed));
      return;
    case 'payout_released':
    case 'payout_cancelled':
      remembered.keptBack.delete(payoutNameOf(deed));
      return;
    default:
  }
}

/** A writer has one payout a month. */
export function payoutNameOf({ month, writerId }: { month: string; writerId: string }): string {
  return `${month} ${writerId}`;
}
