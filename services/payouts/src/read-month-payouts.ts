import { MonthSchema, month, type WriterPayout, WriterPayoutPageSchema, WriterPayoutSchema } from '@wewrite/contracts';
import { problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Context } from './context.ts';
import type { JudgementTable, PayoutTable } from './db.ts';
import { nextPayoutDate } from './payout.ts';

type Row = Pick<JudgementTable, 'month' | 'user_id' | 'payable_cents' | 'payout_id'> & {
  readonly skip_reason: string | null;
  readonly next_date: string | null;
} & {
  [Column in 'status' | 'reason' | 'transfer_id' | 'gross_cents' | 'processing_fee_cents' | 'net_cents']:
    | PayoutTable[Column]
    | null;
};

/** D2: every writer of a month's payouts, paid or not and why, for reports. */
export function readMonthPayouts(server: Server, context: Context): void {
  server.get(
    '/v1/months/:month/payouts',
    {
      schema: {
        summary: "What became of each writer in a month's payouts",
        params: z.object({ month: MonthSchema }),
        querystring: z.strictObject({
          limit: z.coerce.number().int().min(1).max(10_000).default(1_000),
          cursor: z.string().max(400).optional(),
        }),
        response: { 200: WriterPayoutPageSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    async (request) => {
      const asked = request.params.month;
      const { limit, cursor = '' } = request.query;
      const known = await sql<{ run_id: string }>`
        select run_id from payout_month where month = ${asked}`.execute(context.database.kysely);
      const [run] = known.rows;
      if (run === undefined) throw new Refusal('not_found', `${asked} has no payouts: it is not closed.`);
      const { rows } = await sql<Row>`
        select judgement.month, judgement.user_id, judgement.payable_cents, judgement.payout_id, judgement.reason as skip_reason,
          judgement.next_date::text as next_date, payout.status, payout.reason, payout.transfer_id, payout.gross_cents,
          payout.processing_fee_cents, payout.net_cents
        from judgement left join payout on payout.id = judgement.payout_id
        where judgement.run_id = ${run.run_id} and judgement.user_id > ${cursor}
        order by judgement.user_id limit ${limit + 1}`.execute(context.database.kysely);
      const writers = rows.slice(0, limit).map(writerPayoutOf);
      return { writers, nextCursor: rows.length > limit ? (writers.at(-1)?.userId ?? null) : null };
    },
  );
}

function writerPayoutOf(row: Row): WriterPayout {
  const status = statusOf(row);
  const isPaid = status === 'paid';
  return WriterPayoutSchema.parse({
    userId: row.user_id,
    payoutStatus: status,
    payoutReason: isPaid ? null : (row.skip_reason ?? row.reason),
    nextDate: row.next_date ?? (status === 'failed' ? nextPayoutDate(month(row.month)) : null),
    payoutId: row.payout_id,
    transferId: row.transfer_id,
    payoutGrossCents: isPaid ? row.gross_cents : 0,
    processingFeeCents: isPaid ? row.processing_fee_cents : 0,
    payoutNetCents: isPaid ? row.net_cents : 0,
    carriedOverCents:
      status === 'paid' || status === 'under_way' ? row.payable_cents - (row.gross_cents ?? 0) : row.payable_cents,
  });
}

function statusOf(row: Row): WriterPayout['payoutStatus'] {
  switch (row.status) {
    case null:
      return 'skipped';
    case 'paid':
      return 'paid';
    case 'failed':
    case 'returned':
    case 'canceled':
      return 'failed';
    case 'requested':
    case 'submitting':
    case 'submitted':
      return 'under_way';
  }
}
