import { cents, type ExplainedPart, type ExplainedStep, sumCents } from '@wewrite/contracts';
import { endOf, evidenceOf, type PayoutOfMonth, part, partsOf, payoutsOfMonth, stepOf } from './chain.ts';

/** How a month's money is kept back now, if it is. */
export interface HeldBack {
  readonly holdId: string;
  readonly reason: string;
}

/** What is to be paid: the parts of it that the reader may see. */
export interface Owed {
  readonly parts: readonly ExplainedPart[];
  readonly held: HeldBack | null;
}

/** D1: which payouts took the money, and to where; or why none has. `own` parts come to what is left of it. */
export function payoutSteps(payouts: readonly PayoutOfMonth[], owed: Owed): ExplainedStep[] {
  const gone = payoutsOfMonth(payouts);
  const isOnItsWay = gone.some((payout) => ['paid', 'under way'].includes(endOf(payout)));
  const steps = gone.flatMap((payout) => [requestOf(payout, owed), ...transferOf(payout)]);
  return isOnItsWay ? steps : [...steps, waitingOf(owed)];
}

function requestOf(payout: PayoutOfMonth, { parts }: Owed): ExplainedStep {
  const { payoutId, month, grossCents } = payout;
  const restCents = grossCents - sumCents(parts.map((one) => one.cents));
  return stepOf({
    step: 'payout',
    id: payoutId,
    totalCents: grossCents,
    parts: [...parts, ...partsOf(part('other months and corrections', restCents))],
    why: `the payout of ${month} took the whole balance: ${endOf(payout)}`,
    evidence: evidenceOf(payout.heard),
  });
}

function transferOf({ grossCents, processingFeeCents, netCents, outcomes }: PayoutOfMonth): ExplainedStep[] {
  return outcomes.map(({ outcome, transferId, reason, at, heard }) =>
    stepOf({
      step: 'transfer',
      id: transferId,
      totalCents: grossCents,
      parts: [part('transferred to the writer', netCents, transferId), part('processing fee', processingFeeCents)],
      why: [outcome, at.toISOString(), reason].filter((text) => text !== null).join(', '),
      evidence: evidenceOf(heard),
    }),
  );
}

function waitingOf({ parts, held }: Owed): ExplainedStep {
  return stepOf({
    step: 'payout',
    id: held?.holdId ?? null,
    totalCents: cents(sumCents(parts.map((one) => one.cents))),
    parts: [...parts],
    why: held === null ? 'not paid yet; /v1/payouts/next says when, or why not' : `on hold: ${held.reason}`,
  });
}
