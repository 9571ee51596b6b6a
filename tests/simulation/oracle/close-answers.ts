// A8, B4, B6, E6: what an administrator is answered who has a month closed, rehearsed or swept, by the deeds before.
import type { Deed } from '../deed.ts';
import type { Books } from './books.ts';
import { cutoffOf, monthAt } from './calendar.ts';
import type { Verdict } from './plan-answers.ts';
import type { Remembered } from './remembered.ts';

type CloseDeed = Extract<Deed, { kind: 'close_asked' }>;

/** What a close or a rehearsal that is asked for is answered. */
export function foretellClose(
  { closed }: Pick<Books, 'closed'>,
  remembered: Remembered,
  { month, runKind, at }: CloseDeed,
): ReadonlySet<Verdict> {
  const isClosed = closed.has(month);
  if (runKind === 'rehearsal') {
    const running = monthAt(at);
    if (isClosed) return new Set(['month_closed']);
    if (month >= running) return new Set([month === running ? 'accepted' : 'unknown_month']);
    return ofKnownMonth(remembered, month);
  }
  // Asked again, it is said how far the one close is.
  if (isClosed) return new Set(['accepted']);
  return at < cutoffOf(month) ? new Set(['month_not_over']) : ofKnownMonth(remembered, month);
}

/** The renewals of a month are there from its first instant on. */
export function foretellSweep({ month, at }: Extract<Deed, { kind: 'sweep_asked' }>): Verdict {
  return month > monthAt(at) ? 'unknown_month' : 'accepted';
}

/** Months are known from the first budget on, and whoever tries to subscribe in vain may have had one. */
function ofKnownMonth({ firstSubscribed, firstTried }: Remembered, month: string): ReadonlySet<Verdict> {
  if (firstSubscribed !== null && firstSubscribed <= month) return new Set(['accepted']);
  return new Set(firstTried !== null && firstTried <= month ? ['accepted', 'unknown_month'] : ['unknown_month']);
}
