import { cents } from '@wewrite/contracts';
import { sql } from 'kysely';
import type { PayoutTable } from './db.ts';
import { returnedKind } from './sub-ledger.ts';

/** A payout's row with what the months in it earned. */
export type PayoutWithEarnings = PayoutTable & {
  readonly earnings_gross_cents: number;
  readonly platform_fee_cents: number;
};

/**
 * Payouts with the gross and platform fee of the months whose net earnings they pay: those after the writer's payout before,
 * up to its own month (a payout always pays the whole balance). One whose money had come back by then is none before; what
 * comes back later is an adjustment of the next.
 */
export function payoutsWithEarnings(where: ReturnType<typeof sql>, limit: number) {
  return sql<PayoutWithEarnings>`
    select payout.*, coalesce(earned.gross, 0)::bigint as earnings_gross_cents, coalesce(earned.fee, 0)::bigint as platform_fee_cents
    from payout
    left join lateral (
      select sum(credit.gross_cents) as gross, sum(credit.fee_cents) as fee
      from writer_credit as credit
      where credit.user_id = payout.user_id and credit.month <= payout.month
        and credit.month > coalesce((
          select max(earlier.month) from payout as earlier
          where earlier.user_id = payout.user_id and earlier.month < payout.month
            and not exists (
              select from ledger_transfer as returned, ledger_transfer as reserved
              where returned.idempotency_key = ${returnedKind} || ':' || earlier.id
                and reserved.idempotency_key = 'payout_reserved:' || payout.id and returned.id < reserved.id
            )
        ), '')
    ) as earned on true
    where ${where}
    order by payout.month desc, payout.id
    limit ${limit}`;
}

/** D7: every answer about a payout carries its fees. */
export function feesOf(payout: PayoutWithEarnings) {
  return {
    currency: payout.currency,
    earningsGrossCents: cents(payout.earnings_gross_cents),
    platformFeeCents: cents(payout.platform_fee_cents),
    adjustmentsCents: cents(payout.gross_cents - (payout.earnings_gross_cents - payout.platform_fee_cents)),
    payoutGrossCents: cents(payout.gross_cents),
    processingFeeCents: cents(payout.processing_fee_cents),
    payoutNetCents: cents(payout.net_cents),
  };
}
