import { type Cents, cents, type ExplainedStep } from '@wewrite/contracts';
import type { Line } from '../line.ts';
import {
  endOf,
  evidenceOf,
  type Heard,
  type PayoutOfMonth,
  part,
  partsOf,
  payoutsOfMonth,
  type ReversalOfSome,
  reversalSteps,
  stepOf,
} from './chain.ts';
import { type HeldBack, payoutSteps } from './payout-steps.ts';

/** All that the service knows of a line's way. */
export interface LineFacts {
  readonly line: Line;
  /** The line's name to who asks: its id, or its key to a writer. */
  readonly shownId: string;
  readonly supporter: {
    readonly paidCents: Cents;
    readonly fundedCents: Cents;
    readonly unallocatedCents: Cents;
    readonly unfundedCents: Cents;
  };
  readonly writer: { readonly grossCents: Cents; readonly feeCents: Cents; readonly netCents: Cents };
  readonly feeBasisPoints: number;
  readonly chunk: Heard;
  /** The change that the amount goes back to; null when it has been changed since. */
  readonly change: Heard | null;
  readonly earnings: Heard;
  readonly reversals: readonly ReversalOfSome[];
  readonly payouts: readonly PayoutOfMonth[];
  readonly held: HeldBack | null;
}

/** Whose amounts may be shown: those of the supporter's other lines, those of the writer's. An administrator sees both. */
export interface Sight {
  readonly ofSupporter: boolean;
  readonly ofWriter: boolean;
}

/** The whole way of a line's money. Whoever may not see what else a step is of, sees the line's own part of it. */
export function lineSteps(facts: LineFacts, sight: Sight): ExplainedStep[] {
  const { line, earnings } = facts;
  const netCents = cents(line.fundedCents - line.feeCents);
  return [
    fundingStep(facts, sight),
    allocationStep(facts, sight),
    stepOf({
      step: 'line',
      id: facts.shownId,
      totalCents: line.fundedCents,
      parts: [part('net, to the writer', netCents), ...partsOf(part('platform fee', line.feeCents))],
    }),
    feeStep(facts, sight),
    ...reversalSteps(netCents, facts.reversals),
    stepOf({
      step: 'earnings',
      id: line.month,
      totalCents: sight.ofWriter ? facts.writer.netCents : netCents,
      parts: sight.ofWriter ? netParts(facts) : [part('this line, net', netCents)],
      evidence: evidenceOf(earnings),
    }),
    ...(sight.ofWriter ? payoutSteps(facts.payouts, { parts: netParts(facts), held: facts.held }) : [paidStep(facts)]),
  ];
}

/** B3: the paid budget is funded lines and what was left unallocated. */
function fundingStep({ line, supporter, shownId, chunk }: LineFacts, { ofSupporter }: Sight): ExplainedStep {
  const own = part('this line', line.fundedCents, shownId);
  const others = partsOf(
    part('other lines', supporter.fundedCents - line.fundedCents),
    part('left unallocated', supporter.unallocatedCents),
  );
  return stepOf({
    step: 'funding',
    totalCents: ofSupporter ? supporter.paidCents : line.fundedCents,
    parts: ofSupporter ? [own, ...others] : [own],
    evidence: evidenceOf(chunk),
  });
}

/** A6: what the wish got, and why less. */
function allocationStep({ line, supporter, change }: LineFacts, { ofSupporter }: Sight): ExplainedStep {
  const { usdCents, fundedCents } = line;
  const planCents = supporter.fundedCents + supporter.unfundedCents;
  const shareCents = quotientOf(supporter.fundedCents, usdCents, planCents);
  const amounts = ofSupporter ? `: ${supporter.fundedCents} ¢ were paid for ${planCents} ¢` : '';
  return stepOf({
    step: 'allocation',
    totalCents: usdCents,
    parts: [
      part('funded', shareCents),
      ...partsOf(
        part('a cent left over by rounding', fundedCents - shareCents),
        part('not funded', usdCents - fundedCents),
      ),
    ],
    why: whyLess({ line, paidCents: supporter.paidCents, amounts }),
    evidence: change === null ? [] : evidenceOf(change),
  });
}

function whyLess({ line, paidCents, amounts }: { line: Line; paidCents: Cents; amounts: string }): string | null {
  if (line.fundedCents === line.usdCents) return null;
  if (paidCents === 0) return 'nothing was paid for the month';
  return `the plan was more than the paid budget, so every line was funded in the same proportion${amounts}`;
}

/** C1: the line's share of the fee of its writer's month. */
function feeStep({ line, writer, feeBasisPoints, earnings }: LineFacts, { ofWriter }: Sight): ExplainedStep {
  const shareCents = quotientOf(writer.feeCents, line.fundedCents, writer.grossCents);
  const amounts = ofWriter ? ` of ${writer.grossCents} ¢ is ${writer.feeCents} ¢` : '';
  return stepOf({
    step: 'fee',
    id: line.month,
    totalCents: line.feeCents,
    parts: [
      part('share of the month’s fee', shareCents),
      ...partsOf(part('a cent left over by rounding', line.feeCents - shareCents)),
    ],
    why: `the fee of the writer’s month, ${feeBasisPoints / 100} %${amounts}, is spread over its lines`,
    evidence: evidenceOf(earnings),
  });
}

function netParts({ line, writer, shownId }: LineFacts) {
  const netCents = line.fundedCents - line.feeCents;
  return [
    part('this line, net', netCents, shownId),
    ...partsOf(part(`other lines of ${line.month}, net`, writer.netCents - netCents)),
  ];
}

/** What a supporter is told of the payout: not what else the writer was paid. */
function paidStep({ line, payouts }: LineFacts): ExplainedStep {
  const netCents = cents(line.fundedCents - line.feeCents - takenNet(line));
  const last = payoutsOfMonth(payouts).at(-1);
  const isPaid = last !== undefined && endOf(last) === 'paid';
  return stepOf({
    step: 'payout',
    totalCents: netCents,
    parts: [part('this line, net', netCents)],
    why: isPaid ? `paid to the writer with the payout of ${last.month}` : 'not paid to the writer yet',
    evidence: [],
  });
}

function takenNet(line: Line): number {
  return line.takenGrossCents - line.takenFeeCents + line.disputedGrossCents - line.disputedFeeCents;
}

/** total × weight ÷ sum, rounded down; 0 of nothing. Exact for all safe amounts. */
function quotientOf(totalCents: Cents, weight: number, sum: number): number {
  return sum === 0 ? 0 : Number((BigInt(totalCents) * BigInt(weight)) / BigInt(sum));
}
