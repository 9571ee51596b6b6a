// C6, D8, E5: what is answered at the platform's desk about lines and writers' money, by the deeds before.
import type { Deed } from '../deed.ts';
import { sumOf } from './arithmetic.ts';
import type { Books } from './books.ts';
import { heldLines, netLeft, writerOfHold } from './desk.ts';
import type { Verdict } from './plan-answers.ts';
import type { Remembered } from './remembered.ts';
import { balanceOf } from './writer-balances.ts';

/** A deed at the desk whose answer follows from the books. */
export type DeskDeed = Extract<
  Deed,
  { kind: 'question_asked' | 'question_answered' | 'hold_placed' | 'hold_released' | 'hold_reversed' | 'written_off' }
>;

/** What a deed at the desk is answered. */
export function foretellDesk(books: Books, { answeredQuestions }: Remembered, deed: DeskDeed): Verdict {
  switch (deed.kind) {
    case 'question_asked':
      return onAsking(books, deed);
    case 'question_answered':
      return answeredQuestions.has(deed.questionId) ? 'already_answered' : 'accepted';
    case 'hold_placed':
      return onHolding(books, deed);
    case 'hold_released':
    case 'hold_reversed':
      return books.holds.has(deed.holdId) ? 'accepted' : 'hold_ended';
    case 'written_off':
      return balanceOf(books.writers, deed.writerId).receivableCents > 0 ? 'accepted' : 'not_found';
  }
}

/** A key is what a writer knows a line of theirs by; of a line's id there must be a line of the supporter's. */
function onAsking({ closed }: Books, { userId, lineId }: Extract<Deed, { kind: 'question_asked' }>): Verdict {
  if (lineKey.test(lineId)) return 'accepted';
  const lines = [...closed.values()].flatMap((month) => month.lines);
  return lines.some((line) => line.lineId === lineId && line.userId === userId) ? 'accepted' : 'not_found';
}

const lineKey = /^[0-9a-f]{64}$/;

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
