import {
  type Cents,
  cents,
  dollars,
  EarningsMonthPathSchema,
  type Impact,
  ImpactSchema,
  type Month,
  sumCents,
} from '@wewrite/contracts';
import { identityOf, problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { Context } from '../db.ts';
import { linesOfSupporter } from '../find-lines.ts';
import { findCalculatedRun } from '../find-run.ts';
import { type Line, leftOf } from '../line.ts';

/** `GET /v1/impact/{month}`: what became of a supporter's payment: "of your $12.00, $11.16 reached 4 writers". */
export function showImpact(server: Server, context: Context): void {
  server.get(
    '/v1/impact/:month',
    {
      schema: {
        summary: "What became of the supporter's money in a month",
        params: EarningsMonthPathSchema,
        response: { 200: ImpactSchema, ...problemResponses },
      },
      config: { access: ['supporter'] },
    },
    async (request) => {
      const { month } = request.params;
      const { userId } = identityOf(request);
      const { runId } = await findCalculatedRun(context, month);
      const own = await readSupporter(context, { runId, userId });
      if (own === undefined) throw new Refusal('not_found', `You supported nobody in ${month}.`);
      return impactOf(month, own, await linesOfSupporter(context.database.kysely, { runId, userId }));
    },
  );
}

/** A supporter's month as it was locked, and what of its unallocated part was reversed. */
export interface SupporterMonth {
  readonly paidCents: Cents;
  readonly fundedCents: Cents;
  readonly unallocatedCents: Cents;
  readonly unfundedCents: Cents;
  readonly takenCents: Cents;
  readonly disputedCents: Cents;
}

/** The whole answer from a supporter's month and its lines. */
export function impactOf(month: Month, own: SupporterMonth, lines: readonly Line[]): Impact {
  const { takenCents, disputedCents, ...amounts } = own;
  const reached = lines.map((line) => {
    const { grossCents, feeCents } = leftOf(line);
    return { line, feeCents, reachedCents: cents(grossCents - feeCents) };
  });
  const reachedCents = sumCents(reached.map((one) => one.reachedCents));
  const writers = new Set(reached.filter((one) => one.reachedCents > 0).map((one) => one.line.recipientUserId));
  const plural = writers.size === 1 ? 'writer' : 'writers';
  return {
    month,
    currency: 'usd',
    sentence: `Of your ${dollars(amounts.paidCents)}, ${dollars(reachedCents)} reached ${writers.size} ${plural}.`,
    ...amounts,
    unallocatedCents: cents(amounts.unallocatedCents - takenCents - disputedCents),
    platformFeeCents: sumCents(reached.map((one) => one.feeCents)),
    reachedCents,
    returnedCents: sumCents([takenCents, ...lines.map((line) => line.takenGrossCents)]),
    disputedCents: sumCents([disputedCents, ...lines.map((line) => line.disputedGrossCents)]),
    writerCount: writers.size,
    lines: reached.map(({ line, feeCents, reachedCents: lineReachedCents }) => ({
      lineId: line.lineId,
      recipientUserId: line.recipientUserId,
      resourceType: line.resourceType,
      resourceId: line.resourceId,
      usdCents: line.usdCents,
      fundedCents: line.fundedCents,
      platformFeeCents: feeCents,
      reachedCents: lineReachedCents,
    })),
  };
}

async function readSupporter(
  { database }: Context,
  { runId, userId }: { readonly runId: string; readonly userId: string },
): Promise<SupporterMonth | undefined> {
  const { rows } = await sql<SupporterMonth>`
    select paid_cents as "paidCents", funded_cents as "fundedCents", unallocated_cents as "unallocatedCents",
      unfunded_cents as "unfundedCents", reversed.*
    from supporter_month cross join lateral (
      select coalesce(sum(taken_cents), 0)::bigint as "takenCents",
        coalesce(sum(disputed_cents), 0)::bigint as "disputedCents"
      from applied_reversal where applied_reversal.run_id = ${runId} and applied_reversal.user_id = ${userId}
    ) as reversed
    where supporter_month.run_id = ${runId} and supporter_month.user_id = ${userId}`.execute(database.kysely);
  return rows[0];
}
