// What the product explains is held against the oracle's reasons, step by step: E5 line by line, too.
import { fields, type Pair } from './compare-fields.ts';
import { sumOf } from './oracle/arithmetic.ts';
import type { Line } from './oracle/closed-month.ts';
import type { Reckoning } from './oracle/reckon.ts';
import type { ProductBooks } from './product-books.ts';
import type { ExplainedAmounts, ExplainedLine, ExplainedPayout } from './read-explained.ts';

/** Of what was asked for, each step's total. */
export function* ofExplained(reckoning: Reckoning, { explained }: ProductBooks): Generator<Pair> {
  const amounts = { lineCents: 'funded', feeCents: 'fee', earningsCents: 'earnings', leftCents: 'left' } as const;
  const { lines, months, payouts } = explained;
  yield* fields({
    of: (lineId) => `explained line ${lineId}`,
    service: 'the explanation',
    expected: reasonsOf(lines.keys(), (lineId) => lineBy(reckoning, lineId)),
    found: lines,
    names: { fundingCents: 'paid', allocationCents: 'allocated', ...amounts },
  });
  yield* fields({
    of: (name) => `explained month ${name}`,
    service: 'the explanation',
    expected: reasonsOf(months.keys(), (name) => monthBy(reckoning, name)),
    found: months,
    names: amounts,
  });
  yield* fields({
    of: (name) => `explained payout ${name}`,
    service: 'the explanation',
    expected: reasonsOf(payouts.keys(), (name) => payoutBy(reckoning, name)),
    found: payouts,
    names: { payoutCents: 'gross', transferCents: 'transferred' },
  });
}

/** Those of which the deeds know. */
function reasonsOf<Amounts>(names: Iterable<string>, by: (name: string) => Amounts | null): Map<string, Amounts> {
  const reasons = new Map<string, Amounts>();
  for (const name of names) {
    const reason = by(name);
    if (reason !== null) reasons.set(name, reason);
  }
  return reasons;
}

function lineBy({ closed }: Reckoning, lineId: string): ExplainedLine | null {
  for (const { lines, supporters, writers } of closed.values()) {
    const line = lines.find((each) => each.lineId === lineId);
    if (line === undefined) continue;
    return {
      fundingCents: supporters.get(line.userId)?.budgetCents ?? 0,
      allocationCents: line.usdCents,
      lineCents: line.fundedCents,
      feeCents: line.feeCents,
      earningsCents: writers.get(line.recipientUserId)?.netCents ?? 0,
      leftCents: netLeftOf(line),
    };
  }
  return null;
}

function monthBy({ closed }: Reckoning, name: string): ExplainedAmounts | null {
  const [month, userId] = inTwo(name);
  const of = closed.get(month);
  const writer = of?.writers.get(userId);
  if (of === undefined || writer === undefined) return null;
  const lines = of.lines.filter(({ recipientUserId }) => recipientUserId === userId);
  return {
    lineCents: writer.grossCents,
    feeCents: writer.platformFeeCents,
    earningsCents: writer.grossCents,
    leftCents: sumOf(lines.map(netLeftOf)),
  };
}

function payoutBy({ payouts }: Reckoning, name: string): ExplainedPayout | null {
  const [month, userId] = inTwo(name);
  const payout = payouts.get(month)?.get(userId);
  if (payout === undefined) return null;
  return { payoutCents: payout.grossCents, transferCents: payout.status === 'paid' ? payout.netCents : 0 };
}

function netLeftOf({ fundedCents, feeCents, goneCents, goneFeeCents }: Line): number {
  return fundedCents - goneCents - (feeCents - goneFeeCents);
}

/** A month and a writer, who may have a space in the name. */
function inTwo(name: string): readonly [month: string, userId: string] {
  return [name.slice(0, 'YYYY-MM'.length), name.slice('YYYY-MM '.length)];
}
