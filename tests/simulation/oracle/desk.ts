// C6, D8: what administrators decide about writers' money.
import type { Deed } from '../deed.ts';
import { sumOf } from './arithmetic.ts';
import type { Books, PlacedHold } from './books.ts';
import type { Line } from './closed-month.ts';
import { post } from './general-ledger.ts';
import { heldTaken, releaseHold } from './takings.ts';
import { giveBackToSupporter } from './withdrawals.ts';
import { balanceOf, keepBack } from './writer-balances.ts';

/** Keeps back what is left of a line, or of a writer's month. */
export function placeHold(books: Books, deed: Extract<Deed, { kind: 'hold_placed' }>): void {
  const { holdId, month, lineId } = deed;
  if (holdId === null) return;
  const writerId = writerOfHold(books, deed);
  const hold = { writerId, month, lineId };
  books.holds.set(holdId, hold);
  const wantedCents = sumOf(heldLines(books, hold).map(netLeft));
  keepBack(balanceOf(books.writers, writerId), { id: holdId, month, wantedCents });
}

/** Lets go of what was kept back. A hold that has ended keeps nothing, whatever was answered. */
export function releasePlacedHold(books: Books, holdId: string): void {
  const hold = books.holds.get(holdId);
  if (hold === undefined) return;
  releaseHold(books, hold.writerId, holdId);
  books.holds.delete(holdId);
}

/** Takes back what is left of the held lines: it goes to who paid for them. What else was kept back is let go of. */
export function reverseHold(books: Books, holdId: string): void {
  const hold = books.holds.get(holdId);
  if (hold === undefined) return;
  const bySupporter = heldTaken(books, heldLines(books, hold), holdId);
  releasePlacedHold(books, holdId);
  for (const [userId, cents] of bySupporter) giveBackToSupporter(books, { userId, month: hold.month, cents });
}

/** The writer need not pay back what they owe, or so much of it. */
export function writeOff(
  { writers, ledger }: Books,
  { writerId, cents }: Extract<Deed, { kind: 'written_off' }>,
): void {
  const balance = balanceOf(writers, writerId);
  const given = Math.min(cents ?? balance.receivableCents, balance.receivableCents);
  balance.receivableCents -= given;
  post(ledger, given, 'losses:write_offs', 'creator_receivables');
}

/** Whose money a hold keeps back: a line's is that of whoever had the work then. */
export function writerOfHold(books: Books, hold: PlacedHold): string {
  return heldLines(books, hold)[0]?.recipientUserId ?? hold.writerId;
}

/** The lines that a hold is of. */
export function heldLines({ closed }: Books, { writerId, month, lineId }: PlacedHold): readonly Line[] {
  const lines = closed.get(month)?.lines ?? [];
  return lines.filter((line) => (lineId === null ? line.recipientUserId === writerId : line.lineId === lineId));
}

/** What of a line is still its writer's. */
export function netLeft(line: Line): number {
  return line.fundedCents - line.goneCents - (line.feeCents - line.goneFeeCents);
}
