import {
  type CsvRows,
  CsvSchema,
  csvHeaders,
  csvOf,
  identityOf,
  problemResponses,
  type Server,
} from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { Context } from './context.ts';
import { type PayoutWithEarnings, payoutsWithEarnings } from './fees.ts';
import { payoutOf } from './read-payouts.ts';

const rowsPerPage = 1_000;

const header = [
  ...['month', 'payout_id', 'status', 'currency'],
  ...['earnings_gross_cents', 'platform_fee_cents', 'adjustments_cents', 'payout_gross_cents'],
  ...['processing_fee_cents', 'payout_net_cents', 'transfer_id', 'reason', 'requested_at', 'settled_at'],
];

/**
 * `GET /v1/payouts.csv`: all payouts of a writer, newest first. In each row gross − platform fee + adjustments is the payout's
 * gross, and that less the processing fee its net (D7).
 */
export function exportPayouts(server: Server, context: Context): void {
  server.get(
    '/v1/payouts.csv',
    {
      schema: { summary: 'Payouts as CSV', response: { 200: CsvSchema, ...problemResponses } },
      config: { access: ['writer'] },
    },
    async (request, reply) => {
      reply.headers(csvHeaders('payouts.csv'));
      return reply.send(csvOf(pagesOf(context, identityOf(request).userId)));
    },
  );
}

async function* pagesOf({ database }: Context, userId: string): AsyncGenerator<CsvRows> {
  yield [header];
  // A writer has one payout a month at the most.
  for (let before = '9999-12'; ; ) {
    const where = sql`payout.user_id = ${userId} and payout.month < ${before}`;
    const { rows } = await payoutsWithEarnings(where, rowsPerPage).execute(database.kysely);
    yield rows.map(rowOf);
    const last = rows.at(-1);
    if (last === undefined || rows.length < rowsPerPage) return;
    before = last.month;
  }
}

function rowOf(row: PayoutWithEarnings) {
  const { fees, ...payout } = payoutOf(row);
  return [
    ...[payout.month, payout.id, payout.status, fees.currency],
    ...[fees.earningsGrossCents, fees.platformFeeCents, fees.adjustmentsCents, fees.payoutGrossCents],
    ...[fees.processingFeeCents, fees.payoutNetCents, payout.transferId ?? '', payout.reason ?? ''],
    ...[payout.requestedAt, payout.settledAt ?? ''],
  ];
}
