// C6, D8: what is answered at the platform's desk about writers' money, by the deeds before.
import type { Deed } from '../deed.ts';
import { sumOf } from './arithmetic.ts';
import type { Books } from './books.ts';
import { heldLines, netLeft, writerOfHold } from './desk.ts';
import type { Verdict } from './plan-answers.ts';
import { balanceOf } from './writer-balances.ts';

/** A deed at the desk whose answer follows from the books. */
export type DeskDeed = Extract<Deed, { kind: 'hold_placed' | 'hold_released' | 'hold_reversed' | 'written_off' }>;

/** What a deed at the desk is answered. */
export function foretellDesk(books: Books, deed: DeskDeed): Verdict {
  switch (deed.kind) {
    case 'hold_placed':
      return onHolding(books, deed);
    case 'hold_released':
    case 'hold_reversed':
      return books.holds.has(deed.holdId) ? 'accepted' : 'hold_ended';
    case 'written_off':
      return balanceOf(books.writers, deed.writerId).receivableCents > 0 ? 'accepted' : 'not_found';
  }
}

/** The same money is held once; a hold of a month is of each of its lines. */
function onHolding(books: Books, deed: Extract<Deed, { kind: 'hold_placed' }>): Verdict {
  const { month, lineId } = deed;
  const lines = heldLines(books, deed);
  if (lines.length === 0) return 'not_found';
  const writerId = writerOfHold(books, deed);
  const isHeld = [...books.holds.values()].some(
    (other) =>
      other.month === month &&
      other.writerId === writerId &&
      (lineId === null || other.lineId === null || other.lineId === lineId),
  );
  if (isHeld) return 'already_held';
  return sumOf(lines.map(netLeft)) > 0 ? 'accepted' : 'nothing_to_hold';
}
