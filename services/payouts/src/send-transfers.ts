import type { Loop } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { type Context, loopNames } from './context.ts';
import { recordTransfers } from './record-transfers.ts';
import { type ClaimedTransfer, transferKey } from './transfer-attempt.ts';
import { keyLifetimeMs, outcomeOfFailure, type TransferOutcome } from './transfer-outcome.ts';

/** Short, so that a dead replica's transfers are soon sent: a call that takes longer is repeated under its own key. */
const leaseMs = 10_000;

/**
 * D3: claim – call – record. Due transfers are claimed with a lease, sent to Stripe outside of any transaction, and what
 * came of it is recorded. Whoever stops in between is followed by whoever finds the lease over, with the same key.
 */
export function sendTransfers(context: Context): Loop {
  return {
    name: loopNames.transfers,
    pollMs: 1_000,
    due: async () => {
      // Those that wait for their backoff are under way, too: nothing is at rest until they have settled.
      const { rows } = await sql<{ count: number }>`select count(*) as count from transfer_job`.execute(
        context.database.kysely,
      );
      return rows[0]?.count ?? 0;
    },
    step: async () => {
      const claimed = await claim(context);
      if (claimed.length === 0) return false;
      const sent = await Promise.all(
        claimed.map(async (transfer) => ({ claimed: transfer, outcome: await send(context, transfer) })),
      );
      await recordTransfers(context, sent);
      return true;
    },
  };
}

async function claim(context: Context): Promise<ClaimedTransfer[]> {
  const now = context.time.now();
  const leaseUntil = new Date(now.getTime() + leaseMs);
  return context.database.transaction(async (tx) => {
    const { rows } = await sql<ClaimedTransfer>`
      with due as (
        select payout_id from transfer_job
        where due_at <= ${now} and (lease_until is null or lease_until <= ${now})
        order by due_at limit ${context.config.TRANSFER_CONCURRENCY} for update skip locked
      ), taken as (
        update transfer_job as job set
          lease_until = ${leaseUntil}, tries = tries + 1, key_first_used_at = coalesce(key_first_used_at, ${now})
        from due where job.payout_id = due.payout_id
        returning job.*
      )
      select payout.*, taken.attempt, taken.key_first_used_at, taken.tries, taken.state, taken.due_at, taken.lease_until,
        taken.traceparent
      from taken join payout on payout.id = taken.payout_id`.execute(tx);
    await sql`
      update payout set status = 'submitting'
      where id = any(${rows.map((row) => row.id)}::uuid[]) and status = 'requested'`.execute(tx);
    return rows;
  });
}

async function send(context: Context, claimed: ClaimedTransfer): Promise<TransferOutcome> {
  const span = {
    name: 'transfer',
    parent: claimed.traceparent,
    attributes: { 'payout.id': claimed.id, 'writer.id': claimed.user_id, month: claimed.month },
  };
  return context.telemetry.span(span, async () => {
    const keyAgeMs = context.time.now().getTime() - (claimed.key_first_used_at?.getTime() ?? 0);
    const mustLookUp = claimed.state !== 'send' || keyAgeMs > keyLifetimeMs;
    try {
      if (!mustLookUp) return await create(context, claimed);
      const transferId = await lookUp(context, claimed);
      if (transferId !== null) return { kind: 'made', transferId };
      return claimed.state === 'look_up_again'
        ? { kind: 'next_key', detail: 'absent at two look-ups' }
        : { kind: 'look_up', detail: 'absent at the first look-up' };
    } catch (error) {
      const outcome = outcomeOfFailure(error);
      // A look-up that failed says nothing of the transfer: look again later.
      return mustLookUp ? { kind: 'same_key', detail: 'detail' in outcome ? outcome.detail : String(error) } : outcome;
    }
  });
}

async function create({ stripe }: Context, claimed: ClaimedTransfer): Promise<TransferOutcome> {
  const transfer = await stripe.call('transfers.create', claimed.id, (sdk) =>
    sdk.transfers.create(
      {
        amount: claimed.net_cents,
        currency: claimed.currency,
        destination: claimed.account_id,
        transfer_group: transferGroupOf(claimed),
        metadata: { payout_id: claimed.id, month: claimed.month, writer: claimed.user_id },
      },
      { idempotencyKey: transferKey(claimed.id, claimed.attempt) },
    ),
  );
  return { kind: 'made', transferId: transfer.id };
}

/** Stripe's transfer of this payout, by group and destination; null when there is none. */
async function lookUp({ stripe }: Context, claimed: ClaimedTransfer): Promise<string | null> {
  return stripe.call('transfers.list', claimed.id, async (sdk) => {
    const filter = { destination: claimed.account_id, transfer_group: transferGroupOf(claimed), limit: 100 };
    for await (const transfer of sdk.transfers.list(filter)) {
      if (transfer.metadata.payout_id === claimed.id) return transfer.id;
    }
    return null;
  });
}

/** D4. */
function transferGroupOf(claimed: ClaimedTransfer): string {
  return `close-${claimed.month}`;
}
