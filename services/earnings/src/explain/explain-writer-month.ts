import {
  type Cents,
  cents,
  EarningsMonthPathSchema,
  ExplainedLinesQuerySchema,
  type ExplainedPart,
  type ExplainedStep,
  type Explanation,
  ExplanationSchema,
  type Month,
  sumCents,
  UserIdSchema,
} from '@wewrite/contracts';
import { identityOf, problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { z } from 'zod';
import { decodeCursor, pageOf } from '../cursor.ts';
import type { Context } from '../db.ts';
import { findCalculatedRun } from '../find-run.ts';
import { lineKeys } from '../line-key.ts';
import { readOrderedLines } from '../read-earnings.ts';
import { evidenceOf, part, partsOf, payoutsOfMonth, reversalSteps, stepOf, withoutSupporter } from './chain.ts';
import { payoutSteps } from './payout-steps.ts';
import { type EarningsPart, earningsSaid, readHeld, readPayouts, readReversals } from './read-facts.ts';

/** The way of a writer's month, from resources to transfers: the writer's own, or any for an administrator. */
export function explainWriterMonth(server: Server, context: Context): void {
  const keys = lineKeys(context.config.LINE_KEY_SECRET);
  server.get(
    '/v1/earnings/:month/explain',
    {
      schema: {
        summary: "Each step of the cents of the writer's month",
        params: EarningsMonthPathSchema,
        querystring: ExplainedLinesQuerySchema,
        response: { 200: ExplanationSchema, ...problemResponses },
      },
      config: { access: ['writer'] },
    },
    async (request) => {
      const { month } = request.params;
      const { userId: recipientUserId } = identityOf(request);
      const asked = { month, recipientUserId, query: request.query, shownId: keys.lineKey };
      const explanation = await explain(context, asked);
      return { ...explanation, steps: withoutSupporter(explanation.steps) };
    },
  );
  server.get(
    '/v1/months/:month/writers/:userId/explain',
    {
      schema: {
        summary: "Each step of the cents of a writer's month",
        params: EarningsMonthPathSchema.extend({ userId: UserIdSchema }),
        querystring: ExplainedLinesQuerySchema,
        response: { 200: ExplanationSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    ({ params: { month, userId: recipientUserId }, query }) =>
      explain(context, { month, recipientUserId, query, shownId: (lineId) => lineId }),
  );
}

interface Asked {
  readonly month: Month;
  readonly recipientUserId: string;
  readonly query: z.infer<typeof ExplainedLinesQuerySchema>;
  /** A line's name to who asks (C4). */
  readonly shownId: (lineId: string) => string;
}

async function explain(context: Context, asked: Asked): Promise<Explanation> {
  const { month, recipientUserId } = asked;
  const { runId, feeBasisPoints } = await findCalculatedRun(context, month);
  const of: EarningsPart = { runId, month, recipientUserId };
  const amounts = await readAmounts(context, of);
  if (amounts === undefined) throw new Refusal('not_found', `There are no such earnings in ${month}.`);
  const { grossCents, feeCents, netCents, traceparent } = amounts;
  const evidence = evidenceOf(earningsSaid(of, traceparent));
  const payouts = await readPayouts(context, of);
  const { lines, nextCursor } = await readLines(context, of, asked);
  return {
    of: 'writer_month',
    id: month,
    currency: 'usd',
    steps: [
      stepOf({ step: 'line', totalCents: grossCents, parts: await readResources(context, of) }),
      linesStep(grossCents, lines),
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
    related: [
      ...lines.flatMap(({ id }) => (id === null ? [] : [{ of: 'line' as const, id }])),
      ...payoutsOfMonth(payouts).map(({ payoutId }) => ({ of: 'payout' as const, id: payoutId })),
    ],
    ...(nextCursor === null ? {} : { nextCursor }),
  };
}

/** The lines of a page one by one; the others have a row together. */
function linesStep(grossCents: Cents, lines: readonly ExplainedPart[]): ExplainedStep {
  const othersCents = grossCents - sumCents(lines.map((line) => line.cents));
  return stepOf({
    step: 'line',
    totalCents: grossCents,
    parts: [...lines, ...partsOf(part('lines on other pages', othersCents))],
    why: 'the same, line by line',
  });
}

/** A page of the writer's lines, in an order that tells nothing of the supporters. */
async function readLines(context: Context, { runId, recipientUserId }: EarningsPart, { query, shownId }: Asked) {
  const { orderKey } = lineKeys(context.config.LINE_KEY_SECRET);
  const after = decodeCursor(z.hex(), query.cursor, '');
  const ordered = { runId, recipientUserId, orderKey: orderKey(runId) };
  const rows = await readOrderedLines(context, ordered, { after, limit: query.limit + 1 });
  const { page, nextCursor } = pageOf(rows, query.limit, (row) => row.place);
  const lines = page.map(({ resourceType, resourceId, fundedCents, lineId }) =>
    part(`${resourceType} ${resourceId}`, fundedCents, shownId(lineId)),
  );
  return { lines, nextCursor };
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
