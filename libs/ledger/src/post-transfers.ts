import type { Cents, Currency, Month, RunKind } from '@wewrite/contracts';
import { assert } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import type { Chart } from './chart.ts';

/** One amount that debits one account and credits another. */
export interface NewTransfer {
  /**
   * The transfer's name, made from its cause (`creator_earning:2026-11:user-1`): whoever knows the cause can name the
   * transfer, before and after it is posted and after a restore. It is therefore the identity, and `corrects` refers to it;
   * the row's number is only the order of writing, dense and cheap to index, for pages.
   */
  readonly idempotencyKey: string;
  /** What it is for: `subscription_payment`, `creator_earning`. */
  readonly kind: string;
  /** The month that it belongs to. */
  readonly month: Month;
  /** The account to debit. */
  readonly debit: string;
  /** The account to credit; another one. */
  readonly credit: string;
  /** Above 0. */
  readonly amountCents: Cents;
  readonly currency: Currency;
  /** When it was so, in business time. */
  readonly occurredAt: Date;
  /** The message or event that caused it. */
  readonly causeEventId: string | null;
  /** Stripe's object behind it. */
  readonly stripeId: string | null;
  /** The idempotency key of the transfer that this one corrects. */
  readonly corrects: string | null;
  /** The run that caused it; null outside of closes. Rehearsals stop before the ledger. */
  readonly runKind: RunKind | null;
}

/** `replayed`: transfers that were there already, with the same content. */
export interface Posting {
  readonly posted: number;
  readonly replayed: number;
}

/**
 * Posts any number of transfers in one round trip, opening accounts by the chart. All or nothing.
 *
 * A transfer whose key is known counts as replayed when everything but `recordedAt` is equal. Throws when it is not
 * (SQLSTATE 23505, naming the key), and when the database refuses: a balance beyond its account's bounds
 * (23514, `ledger_account_within_bounds`), another currency, an amount not above 0, an account against itself. These are
 * our bugs: decide before posting whether the money is there. An AssertionFailure for a rehearsal or an unknown account.
 *
 * Post once in a transaction, late: accounts are locked in byte order until it ends, and two postings are two orders.
 *
 * @param recordedAt when this is written, by the caller's clock
 */
export async function postTransfers<Schema>(
  tx: Transaction<Schema>,
  chart: Chart,
  transfers: readonly NewTransfer[],
  recordedAt: Date,
): Promise<Posting> {
  if (transfers.length === 0) return { posted: 0, replayed: 0 };
  for (const transfer of transfers) {
    assert(transfer.runKind !== 'rehearsal', `a rehearsal reached the ledger: ${transfer.idempotencyKey}`);
  }
  const column = <Value>(pick: (transfer: NewTransfer) => Value) => transfers.map(pick);
  const accountIds = [...new Set([...column((each) => each.debit), ...column((each) => each.credit)])];
  const { rows } = await sql<{ posted: number }>`
    select ledger_post_transfers(
      chart => ${chartParameter(chart)}::jsonb,
      account_ids => ${accountIds}::text[],
      account_rules => ${accountIds.map(chart.ruleIndexOf)}::integer[],
      recorded_at => ${recordedAt}::timestamptz,
      idempotency_keys => ${column((each) => each.idempotencyKey)}::text[],
      kinds => ${column((each) => each.kind)}::text[],
      months => ${column((each) => each.month)}::text[],
      debit_account_ids => ${column((each) => each.debit)}::text[],
      credit_account_ids => ${column((each) => each.credit)}::text[],
      amounts => ${column((each) => each.amountCents)}::bigint[],
      currencies => ${column((each) => each.currency)}::text[],
      occurred_ats => ${column((each) => each.occurredAt.toISOString())}::timestamptz[],
      cause_event_ids => ${column((each) => each.causeEventId)}::text[],
      stripe_ids => ${column((each) => each.stripeId)}::text[],
      corrected_keys => ${column((each) => each.corrects)}::text[],
      run_kinds => ${column((each) => each.runKind)}::text[]
    ) as posted`.execute(tx);
  const posted = rows[0]?.posted ?? 0;
  return { posted, replayed: transfers.length - posted };
}

function chartParameter(chart: Chart): string {
  return JSON.stringify(
    chart.rules.map((rule) => ({
      type: rule.type,
      currency: rule.currency,
      minimum_cents: rule.minimumCents ?? null,
      maximum_cents: rule.maximumCents ?? null,
      hot: rule.hot ?? false,
    })),
  );
}
