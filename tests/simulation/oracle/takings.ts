// E5: what a refund or dispute of a closed month takes of each line and of the unallocated part, and of whom.
import { byBytes, halfUp, split, sumOf } from './arithmetic.ts';
import type { Books, Spread, Taking } from './books.ts';
import type { ClosedMonth, Line } from './closed-month.ts';
import { post } from './general-ledger.ts';
import { balanceOf, giveBack, keepBack, release, takeBack } from './writer-balances.ts';

/** Where the money of a taking went: back to the card, to the bank that disputes it, or aside. */
type Counter = 'stripe:payments' | 'stripe:disputed' | 'suspense';

/** A refund is spread over what is left, and comes out of what each writer has. */
export function refundTaken(books: Books, taking: Taking): void {
  const spread = spreadOver(books, taking);
  taking.spread = spread;
  takeFromAll(books, spread, { counter: 'stripe:payments', holdId: null });
}

/** A refund has failed: all that it took is as before. */
export function refundUndone(books: Books, taking: Taking): void {
  const { spread } = taking;
  if (spread === null) return;
  comeBack(books, taking, spread);
  const { ledger, writers } = books;
  postSums(books, spread, 'stripe:payments', -1);
  forEachWriter(spread, (userId, netCents) => {
    const effect = giveBack(balanceOf(writers, userId), netCents, spread.ofHolds.get(userId) ?? new Map());
    post(ledger, effect.owedLessCents, 'creator_obligations', 'stripe:payments');
    post(ledger, effect.owesMoreCents, 'creator_receivables', 'stripe:payments');
  });
}

/** A dispute keeps back what it would take, as far as that is payable. */
export function disputeOpened(books: Books, taking: Taking): void {
  const spread = spreadOver(books, taking);
  taking.spread = spread;
  forEachWriter(spread, (userId, wantedCents) => {
    keepBack(balanceOf(books.writers, userId), { id: taking.name, month: taking.month, wantedCents });
  });
}

/** A dispute is won: what was kept back is payable, what was taken of the lines is theirs again. */
export function disputeWon(books: Books, taking: Taking): void {
  const { spread } = taking;
  if (spread === null) return;
  comeBack(books, taking, spread);
  forEachWriter(spread, (userId) => releaseHold(books, userId, taking.name));
}

/** A dispute is lost: what it kept back is taken first. */
export function disputeLost(books: Books, taking: Taking): void {
  const { spread } = taking;
  if (spread === null) return;
  takeFromAll(books, spread, { counter: 'stripe:disputed', holdId: taking.name });
  forEachWriter(spread, (userId) => releaseHold(books, userId, taking.name));
}

/** C6: what is left of held lines goes back to who paid for them. Returns the cents by supporter. */
export function heldTaken(books: Books, lines: readonly Line[], holdId: string): ReadonlyMap<string, number> {
  const parts = lines
    .map((line) => ({ line, cents: line.fundedCents - line.goneCents, feeCents: line.feeCents - line.goneFeeCents }))
    .filter(({ cents }) => cents > 0);
  for (const { line, cents, feeCents } of parts) goes(line, cents, feeCents);
  const spread: Spread = { lines: parts, unallocatedCents: 0, suspenseCents: 0, ofHolds: new Map() };
  takeFromAll(books, spread, { counter: 'suspense', holdId });
  const bySupporter = new Map<string, number>();
  for (const { line, cents } of parts) bySupporter.set(line.userId, (bySupporter.get(line.userId) ?? 0) + cents);
  return bySupporter;
}

/** Ends a hold of one writer's; what the writer owes is paid back of it. */
export function releaseHold({ writers, ledger }: Books, userId: string, holdId: string): void {
  post(ledger, release(balanceOf(writers, userId), holdId), 'creator_obligations', 'creator_receivables');
}

/** In proportion to what is left of the supporter's lines and of the unallocated part, which comes last where two are equal. */
function spreadOver({ closed }: Books, { month, payment, cents }: Taking): Spread {
  const of = closed.get(month);
  const lines = linesOf(of, payment.userId);
  const supporter = of?.supporters.get(payment.userId);
  const left = lines.map((line) => line.fundedCents - line.goneCents);
  const unallocated = supporter === undefined ? 0 : supporter.unallocatedCents - supporter.goneCents;
  const takenCents = Math.min(cents, sumOf(left) + unallocated);
  const shares = split(takenCents, [...left, unallocated]);
  const parts = lines.flatMap((line, index) => {
    const part = shares[index] ?? 0;
    if (part === 0) return [];
    const feeCents = halfUp(line.feeCents - line.goneFeeCents, part, line.fundedCents - line.goneCents);
    return [{ line, cents: part, feeCents }];
  });
  for (const { line, cents: part, feeCents } of parts) goes(line, part, feeCents);
  const unallocatedCents = shares.at(-1) ?? 0;
  if (supporter !== undefined) supporter.goneCents += unallocatedCents;
  return { lines: parts, unallocatedCents, suspenseCents: cents - takenCents, ofHolds: new Map() };
}

function linesOf(closed: ClosedMonth | undefined, userId: string): readonly Line[] {
  return closed?.lines.filter((line) => line.userId === userId) ?? [];
}

function goes(line: Line, cents: number, feeCents: number): void {
  line.goneCents += cents;
  line.goneFeeCents += feeCents;
}

function comeBack({ closed }: Books, { month, payment }: Taking, spread: Spread): void {
  for (const { line, cents, feeCents } of spread.lines) goes(line, -cents, -feeCents);
  const supporter = closed.get(month)?.supporters.get(payment.userId);
  if (supporter !== undefined) supporter.goneCents -= spread.unallocatedCents;
}

function takeFromAll(
  books: Books,
  spread: Spread,
  { counter, holdId }: { counter: Counter; holdId: string | null },
): void {
  const { ledger, writers } = books;
  postSums(books, spread, counter, 1);
  forEachWriter(spread, (userId, netCents) => {
    const taken = takeBack(balanceOf(writers, userId), netCents, holdId);
    spread.ofHolds.set(userId, taken.ofHolds);
    post(ledger, taken.owedLessCents, 'creator_obligations', counter);
    post(ledger, taken.owesMoreCents, 'creator_receivables', counter);
  });
}

function forEachWriter(spread: Spread, act: (userId: string, netCents: number) => void): void {
  for (const [userId, netCents] of netByWriter(spread)) act(userId, netCents);
}

/** What is not the writers': fees, what was left unallocated, and what suspense bears. */
function postSums({ ledger }: Books, spread: Spread, counter: Counter, sign: 1 | -1): void {
  const feeCents = sumOf(spread.lines.map((part) => part.feeCents));
  post(ledger, sign * feeCents, 'platform_revenue:fees', counter);
  post(ledger, sign * spread.unallocatedCents, 'platform_revenue:unallocated', counter);
  post(ledger, sign * spread.suspenseCents, 'suspense', counter);
}

/** The net cents of each writer, in order of their ids. */
function netByWriter({ lines }: Spread): ReadonlyMap<string, number> {
  const net = new Map<string, number>();
  for (const { line, cents, feeCents } of lines) {
    net.set(line.recipientUserId, (net.get(line.recipientUserId) ?? 0) + cents - feeCents);
  }
  return new Map([...net].sort(([a], [b]) => byBytes(a, b)));
}
