import {
  type Cents,
  cents,
  compareUtf8,
  type Month,
  multiplyHalfUp,
  type ReversalKind,
  spread,
  sumCents,
} from '@wewrite/contracts';
import { type Amounts, type Line, leftOf } from '../line.ts';

/** A reversal of a supporter's month, as it came. */
export interface Reversal {
  readonly reversalId: string;
  readonly kind: ReversalKind;
  readonly settles: string | null;
  readonly userId: string;
  readonly month: Month;
  readonly amountCents: Cents;
  /** The refund or dispute at Stripe; null for an operator's. */
  readonly stripeId: string | null;
  readonly at: Date;
}

/** A reversal's part of one line. */
export interface LinePart extends Amounts {
  readonly chunk: number;
  readonly position: number;
  readonly userId: string;
  readonly recipientUserId: string;
}

/** What a reversal is of; no part is negative, and none of a line is empty. */
export interface Parts {
  readonly lines: readonly LinePart[];
  readonly unallocatedCents: Cents;
  /** What of it operators' reversals had taken before it came. */
  readonly suspenseCents: Cents;
}

/** How a reversal moves the sums of what is taken for good, and of what is in dispute. */
export interface Movement {
  readonly taken: -1 | 0 | 1;
  readonly disputed: -1 | 0 | 1;
}

/** What is disputed is as gone as what is taken: nothing is taken of it a second time. */
export function movementOf({ kind, settles }: Pick<Reversal, 'kind' | 'settles'>): Movement {
  switch (kind) {
    case 'refund':
    case 'operator':
      return { taken: 1, disputed: 0 };
    case 'refund_failed':
      return { taken: -1, disputed: 0 };
    case 'dispute_opened':
      return { taken: 0, disputed: 1 };
    case 'dispute_won':
      return { taken: 0, disputed: -1 };
    case 'dispute_lost':
      return { taken: 1, disputed: settles === null ? 0 : -1 };
  }
}

/** The kind of reversal that one of this kind undoes or concludes; null for one that stands by itself. */
export function settledKindOf({ kind, settles }: Pick<Reversal, 'kind' | 'settles'>): ReversalKind | null {
  switch (kind) {
    case 'refund_failed':
      return 'refund';
    case 'dispute_won':
      return 'dispute_opened';
    case 'dispute_lost':
      return settles === null ? null : 'dispute_opened';
    case 'refund':
    case 'dispute_opened':
    case 'operator':
      return null;
  }
}

/**
 * E5: spreads an amount, in the way of A6, over what is left of a supporter's lines and of the unallocated part, which
 * comes last on ties. A line's fee returns with it: remaining fee × reversed ÷ remaining funded, rounded half up.
 *
 * @param left what is left unallocated and of the lines; at least `amountCents` in all, else a RangeError
 */
export function spreadReversal(
  amountCents: Cents,
  left: { readonly lines: readonly Line[]; readonly unallocatedCents: Cents },
): Omit<Parts, 'suspenseCents'> {
  const remains = left.lines.map(leftOf);
  const weights = [...remains.map((line) => line.grossCents), left.unallocatedCents];
  if (amountCents > sumCents(weights)) throw new RangeError(`${amountCents} ¢ are more than what is left`);
  const shares = spread(amountCents, weights, (a, b) => {
    const [one, other] = [left.lines[a], left.lines[b]];
    if (one === undefined || other === undefined) return a - b;
    return compareUtf8(one.lineId, other.lineId);
  });
  return { lines: partsOf(left.lines, shares), unallocatedCents: shares.at(-1) ?? cents(0) };
}

/** The sums over parts. */
export function sumParts(parts: readonly Amounts[]) {
  const grossCents = sumCents(parts.map((part) => part.grossCents));
  const feeCents = sumCents(parts.map((part) => part.feeCents));
  return { grossCents, feeCents, netCents: cents(grossCents - feeCents), lineCount: parts.length };
}

function partsOf(lines: readonly Line[], shares: readonly Cents[]): LinePart[] {
  return lines.flatMap((line, index) => {
    const grossCents = shares[index] ?? cents(0);
    if (grossCents === 0) return [];
    const remains = leftOf(line);
    const feeCents = multiplyHalfUp(remains.feeCents, grossCents, remains.grossCents);
    const { chunk, position, userId, recipientUserId } = line;
    return [{ chunk, position, userId, recipientUserId, grossCents, feeCents }];
  });
}
