import {
  type Cents,
  cents,
  EarningsMonthPathSchema,
  type ExplainedPart,
  type ExplainedStep,
  type Explanation,
  ExplanationSchema,
  type Month,
  UserIdSchema,
} from '@wewrite/contracts';
import { identityOf, problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { Context } from '../db.ts';
import { findCalculatedRun } from '../find-run.ts';
import { evidenceOf, part, partsOf, payoutsOfMonth, reversalSteps, stepOf, withoutSupporter } from './chain.ts';
import { payoutSteps } from './payout-steps.ts';
import { type EarningsPart, earningsSaid, readHeld, readPayouts, readReversals } from './read-facts.ts';

/** The way of a writer's month, from resources to transfers: the writer's own, or any for an administrator. */
export function explainWriterMonth(server: Server, context: Context): void {
  server.get(
    '/v1/earnings/:month/explain',
    {
      schema: {
        summary: "Each step of the cents of the writer's month",
        params: EarningsMonthPathSchema,
        response: { 200: ExplanationSchema, ...problemResponses },
      },
      config: { access: ['writer'] },
    },
    async (request) => {
      const explanation = await explain(context, request.params.month, identityOf(request).userId);
      return { ...explanation, steps: withoutSupporter(explanation.steps) };
    },
  );
  server.get(
    '/v1/months/:month/writers/:userId/explain',
    {
      schema: {
        summary: "Each step of the cents of a writer's month",
        params: EarningsMonthPathSchema.extend({ userId: UserIdSchema }),
        response: { 200: ExplanationSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    (request) => explain(context, request.params.month, request.params.userId),
  );
}

async function explain(context: Context, month: Month, recipientUserId: string): Promise<Explanation> {
  const { runId, feeBasisPoints } = await findCalculatedRun(context, month);
  const of: EarningsPart = { runId, month, recipientUserId };
  const amounts = await readAmounts(context, of);
  if (amounts === undefined) throw new Refusal('not_found', `There are no such earnings in ${month}.`);
  const { grossCents, feeCents, netCents, traceparent } = amounts;
  const evidence = evidenceOf(earningsSaid(of, traceparent));
  const payouts = await readPayouts(context, of);
  return {
    of: 'writer_month',
    id: month,
    currency: 'usd',
    steps: [
      stepOf({ step: 'line', totalCents: grossCents, parts: await readResources(context, of) }),
      feeOf({ grossCents, feeCents, feeBasisPoints }),
      stepOf({
        step: 'earnings',
        id: month,
        totalCents: grossCents,
        parts: [part('net, to the writer', netCents), ...partsOf(part('platform fee', feeCents))],
        evidence,
      }),
      ...reversalSteps(netCents, await readReversals(context, of)),
      ...payoutSteps(payouts, {
        parts: [part(`earnings of ${month}, net`, netCents)],
        held: await readHeld(context, of),
      }),
    ],
    related: payoutsOfMonth(payouts).map(({ payoutId }) => ({ of: 'payout' as const, id: payoutId })),
  };
}

/** C1: rounded half up on the writer's month; the rounding has a row of its own. */
function feeOf(of: { grossCents: Cents; feeCents: Cents; feeBasisPoints: number }): ExplainedStep {
  const downCents = Number((BigInt(of.grossCents) * BigInt(of.feeBasisPoints)) / 10_000n);
  return stepOf({
    step: 'fee',
    totalCents: of.feeCents,
    parts: [
      part(`${of.feeBasisPoints / 100} % of gross, rounded down`, downCents),
      ...partsOf(part('a cent by rounding half up', of.feeCents - downCents)),
    ],
  });
}

interface WriterAmounts {
  readonly grossCents: Cents;
  readonly feeCents: Cents;
  readonly netCents: Cents;
  readonly traceparent: string | null;
}

async function readAmounts(
  { database }: Context,
  { runId, recipientUserId }: EarningsPart,
): Promise<WriterAmounts | undefined> {
  const { rows } = await sql<WriterAmounts>`
    select gross_cents as "grossCents", fee_cents as "feeCents", net_cents as "netCents", traceparent
    from writer_month join run using (run_id)
    where run_id = ${runId} and recipient_user_id = ${recipientUserId}`.execute(database.kysely);
  return rows[0];
}

/** What each of the writer's resources brought. */
async function readResources(
  { database }: Context,
  { runId, recipientUserId }: EarningsPart,
): Promise<ExplainedPart[]> {
  const { rows } = await sql<{ resourceType: string; resourceId: string; fundedCents: Cents }>`
    select resource_type as "resourceType", resource_id as "resourceId", sum(funded_cents)::bigint as "fundedCents"
    from line where run_id = ${runId} and recipient_user_id = ${recipientUserId}
    group by resource_type, resource_id order by resource_type, resource_id`.execute(database.kysely);
  return rows.map(({ resourceType, resourceId, fundedCents }) =>
    part(`${resourceType} ${resourceId}`, cents(fundedCents)),
  );
}
