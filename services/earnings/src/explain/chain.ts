import {
  type Cents,
  cents,
  type Evidence,
  type ExplainedPart,
  type ExplainedStep,
  earningsCalculated,
  type Month,
  payoutRequested,
  payoutSettled,
  sumCents,
} from '@wewrite/contracts';
import { assert, traceIdOf } from '@wewrite/service-kit';

/** Columns of a row that tell which message it is from. */
export interface Heard {
  readonly topic: string;
  readonly messageId: string | null;
  readonly partition: number | null;
  readonly offset: number | null;
  readonly traceparent: string | null;
}

/** What is known of a message; nothing for a row from before messages were noted. */
export function evidenceOf({ topic, messageId, partition, offset, traceparent }: Heard): Evidence[] {
  if (messageId === null) return [];
  return [{ topic, messageId, partition, offset, traceId: traceparent === null ? null : traceIdOf(traceparent) }];
}

const writersTopics: ReadonlySet<string> = new Set(
  [earningsCalculated, payoutRequested, payoutSettled].map(({ name }) => name),
);

/**
 * C4: the steps for who may not know the supporter, with the evidence that is of the writer only. Of the supporter's
 * messages even the place tells: ids are hashes of a cause, partitions of the key, and either is in reach of a guess.
 */
export function withoutSupporter(steps: readonly ExplainedStep[]): ExplainedStep[] {
  return steps.map((step) => ({ ...step, evidence: step.evidence.filter(({ topic }) => writersTopics.has(topic)) }));
}

/** A step of an explanation. Throws an AssertionFailure when its parts do not add up to its total. */
export function stepOf(
  step: Pick<ExplainedStep, 'step' | 'totalCents' | 'parts'> & Partial<ExplainedStep>,
): ExplainedStep {
  const sum = sumCents(step.parts.map((part) => part.cents));
  assert(sum === step.totalCents, `the parts of ${step.step} come to ${sum} ¢, not ${step.totalCents}`);
  return { id: null, why: null, evidence: [], ...step };
}

/** A part of a step. */
export function part(label: string, amountCents: number, id: string | null = null): ExplainedPart {
  return { label, cents: cents(amountCents), id };
}

/** A part for each amount that is not 0. */
export function partsOf(...parts: readonly ExplainedPart[]): ExplainedPart[] {
  return parts.filter((one) => one.cents !== 0);
}

/** A reversal as far as it is of a line, or of a writer's month; amounts are signed, positive for what was taken. */
export interface ReversalOfSome {
  readonly reversalId: string;
  readonly kind: string;
  readonly at: Date;
  readonly grossCents: Cents;
  readonly feeCents: Cents;
  readonly heard: Heard;
}

/** E5: what reversals leave of a net amount; no step where there were none. */
export function reversalSteps(netCents: Cents, reversals: readonly ReversalOfSome[]): ExplainedStep[] {
  if (reversals.length === 0) return [];
  const taken = reversals.map(({ grossCents, feeCents }) => grossCents - feeCents);
  return [
    stepOf({
      step: 'reversal',
      totalCents: cents(taken.reduce((left, amount) => left - amount, Number(netCents))),
      parts: [
        part('net as earned', netCents),
        ...reversals.map(({ kind, reversalId }, index) => part(kind, -(taken[index] ?? 0), reversalId)),
      ],
      evidence: reversals.flatMap(({ heard }) => evidenceOf(heard)),
    }),
  ];
}

/** A payout that may have paid a month, with what became of it. */
export interface PayoutOfMonth {
  readonly payoutId: string;
  readonly month: Month;
  readonly grossCents: Cents;
  readonly processingFeeCents: Cents;
  readonly netCents: Cents;
  readonly requestedAt: Date;
  readonly heard: Heard;
  readonly outcomes: readonly {
    readonly outcome: 'paid' | 'failed' | 'returned' | 'canceled';
    readonly transferId: string | null;
    readonly reason: string | null;
    readonly at: Date;
    readonly heard: Heard;
  }[];
}

/** What a payout came to: money that came back is to be paid again. */
export function endOf({ outcomes }: PayoutOfMonth): 'under way' | 'paid' | 'failed' | 'returned' | 'canceled' {
  const heard = new Set(outcomes.map(({ outcome }) => outcome));
  return (['returned', 'failed', 'canceled', 'paid'] as const).find((outcome) => heard.has(outcome)) ?? 'under way';
}

/**
 * The payouts that a month went through, oldest first: each takes a writer's whole balance, so it is the first from the
 * month on, and after each that came back the first that was requested since. `payouts` are in the order of their requests.
 */
export function payoutsOfMonth(payouts: readonly PayoutOfMonth[]): readonly PayoutOfMonth[] {
  const gone: PayoutOfMonth[] = [];
  let payableSince = new Date(0);
  for (const payout of payouts) {
    if (payout.requestedAt < payableSince) continue;
    gone.push(payout);
    if (['paid', 'under way'].includes(endOf(payout))) break;
    const back = payout.outcomes.filter(({ outcome }) => outcome !== 'paid').map(({ at }) => at.getTime());
    payableSince = new Date(Math.max(...back));
  }
  return gone;
}
