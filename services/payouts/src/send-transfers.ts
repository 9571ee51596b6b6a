import { holdingLease, type Loop, leaseEnd } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import { type Context, loopNames } from './context.ts';
import type { Schema } from './db.ts';
import type { Payment } from './escrow.ts';
import { recordTransfers } from './record-transfers.ts';
import { planAheadMs } from './stripe-pace.ts';
import { type ClaimedTransfer, transferKey } from './transfer-attempt.ts';
import type { MadePayment, TransferOutcome } from './transfer-outcome.ts';

/** A transfer that is under way at Stripe is looked at again by and by; one whose look is this near is not at rest. */
const nearMs = 10_000;

/**
 * D3: claim – call – record. Due transfers are claimed with a lease, sent to Stripe outside of any transaction, and what
 * came of it is recorded; until then the lease is renewed. Whoever stops in between is followed by whoever finds the lease
 * over, with the same key.
 */
export function sendTransfers(context: Context): readonly Loop[] {
  const shared = {
    pollMs: 1_000,
    due: async () => {
      // Those that wait for their backoff are under way, too: nothing is at rest until they are in Stripe's hands.
      const near = new Date(context.time.now().getTime() + nearMs);
      const { rows } = await sql<{ count: number }>`
        select count(*) as count from transfer_job
        where state not in ('operator', 'held') and (state <> 'follow' or due_at <= ${near})`.execute(
        context.database.kysely,
      );
      return rows[0]?.count ?? 0;
    },
    step: async () => {
      const { planned, isFull } = await claim(context);
      if (isFull) await context.time.sleep(planAheadMs / 10);
      if (planned.length === 0) return isFull;
      const renew = (leaseUntil: Date) => renewLeases(context, planned, leaseUntil);
      await holdingLease(context, renew, () => sendAll(context, planned));
      return true;
    },
  };
  // Two, so that one sends while the other records: the pace is kept without a pause.
  return [
    { name: loopNames.transfers, ...shared },
    { name: loopNames.moreTransfers, ...shared },
  ];
}

/** A claimed transfer and when it may be sent. */
interface PlannedTransfer {
  readonly claimed: ClaimedTransfer;
  readonly at: Date;
}

async function sendAll(context: Context, planned: readonly PlannedTransfer[]): Promise<void> {
  const sent = await context.inParallel(planned, planned.length, async ({ claimed, at }) => {
    await context.pace.wait(at);
    return { claimed, outcome: await send(context, claimed) };
  });
  await recordTransfers(context, sent);
}

/** What another has claimed meanwhile, or an operator has ordered otherwise, is left as it is. */
async function renewLeases(
  { database }: Context,
  planned: readonly PlannedTransfer[],
  leaseUntil: Date,
): Promise<void> {
  const column = <Value>(pick: (claimed: ClaimedTransfer) => Value) => planned.map(({ claimed }) => pick(claimed));
  await sql`
    with mine as (
      select payout_id from transfer_job
      join unnest(
        ${column(({ id }) => id)}::uuid[], ${column(({ attempt }) => attempt)}::integer[],
        ${column(({ tries }) => tries)}::integer[], ${column(({ state }) => state)}::text[]
      ) as claimed (payout_id, attempt, tries, state) using (payout_id, attempt, tries, state)
      where lease_until is not null order by payout_id for update of transfer_job
    )
    update transfer_job as job set lease_until = ${leaseUntil} from mine where job.payout_id = mine.payout_id`.execute(
    database.kysely,
  );
}

/** Takes no more transfers than may be sent soon; `isFull` when that is none, due or not. */
async function claim(context: Context): Promise<{ planned: readonly PlannedTransfer[]; isFull: boolean }> {
  const most = Math.floor(context.config.TRANSFER_CONCURRENCY / 2);
  return context.database.transaction(async (tx) => {
    const free = await context.pace.free(tx, most);
    const claimed = free === 0 ? [] : await claimDue(context, tx, free);
    const instants = claimed.length === 0 ? [] : await context.pace.plan(tx, claimed.length);
    const planned = claimed.flatMap((each, index) => {
      const at = instants[index];
      return at === undefined ? [] : [{ claimed: each, at }];
    });
    return { planned, isFull: free === 0 };
  });
}

async function claimDue(context: Context, tx: Transaction<Schema>, most: number): Promise<ClaimedTransfer[]> {
  const now = context.time.now();
  const leaseUntil = leaseEnd(context.time);
  const { rows } = await sql<ClaimedTransfer>`
      with due as (
        select payout_id from transfer_job
        where state not in ('operator', 'held') and due_at <= ${now} and (lease_until is null or lease_until <= ${now})
        order by due_at, payout_id limit ${most} for update skip locked
      ), taken as (
        update transfer_job as job set
          lease_until = ${leaseUntil}, tries = tries + 1, key_first_used_at = coalesce(key_first_used_at, ${now})
        from due where job.payout_id = due.payout_id
        returning job.*
      )
      select payout.*, taken.attempt, taken.key_first_used_at, taken.tries, taken.state, taken.due_at, taken.lease_until,
        taken.traceparent
      from taken join payout on payout.id = taken.payout_id
      order by taken.due_at, payout.id`.execute(tx);
  await sql`
      update payout set status = 'submitting'
      where id = any(${rows.map((row) => row.id)}::uuid[]) and status = 'requested'`.execute(tx);
  return rows;
}

async function send(context: Context, claimed: ClaimedTransfer): Promise<TransferOutcome> {
  const span = {
    name: claimed.state === 'follow' ? 'follow transfer' : 'transfer',
    parent: claimed.traceparent,
    attributes: { 'payout.id': claimed.id, 'writer.id': claimed.user_id, month: claimed.month },
  };
  return context.telemetry.span(span, async () => {
    if (claimed.state === 'follow') return read(context, claimed);
    if (claimed.state === 'cancel') return cancel(context, claimed);
    const keyAgeMs = context.time.now().getTime() - (claimed.key_first_used_at?.getTime() ?? 0);
    const mustLookUp = claimed.state !== 'send' || keyAgeMs > context.escrow.keyLifetimeMs;
    return mustLookUp ? lookUp(context, claimed) : make(context, claimed);
  });
}

async function make({ escrow }: Context, claimed: ClaimedTransfer): Promise<TransferOutcome> {
  try {
    return { kind: 'made', payment: await escrow.make(paymentOf(claimed), transferKey(claimed.id, claimed.attempt)) };
  } catch (error) {
    return escrow.outcomeOfFailure(error);
  }
}

async function lookUp({ escrow }: Context, claimed: ClaimedTransfer): Promise<TransferOutcome> {
  let payment: MadePayment | null;
  try {
    payment = await escrow.find(paymentOf(claimed));
  } catch (error) {
    // A look-up that failed says nothing of the transfer: look again later.
    return { kind: 'same_key', detail: `not looked up: ${String(error)}` };
  }
  if (payment !== null) return { kind: 'made', payment };
  if (claimed.state !== 'look_up_again') return { kind: 'look_up', detail: 'absent at the first look-up' };
  const detail = 'absent at two look-ups';
  return escrow.listsAreCurrent ? { kind: 'next_key', detail } : { kind: 'operator', detail };
}

async function read({ escrow }: Context, { id, transfer_id: transferId }: ClaimedTransfer): Promise<TransferOutcome> {
  if (transferId === null) throw new Error(`payout ${id} is followed and names no transfer`);
  try {
    return { kind: 'made', payment: await escrow.read(transferId) };
  } catch (error) {
    return { kind: 'same_key', detail: `not read: ${String(error)}` };
  }
}

/** Whatever comes of it is read: it may have been too late, or have been canceled by a call whose answer was lost. */
async function cancel(context: Context, claimed: ClaimedTransfer): Promise<TransferOutcome> {
  const { id, transfer_id: transferId } = claimed;
  if (transferId === null || !context.escrow.canCancel) throw new Error(`payout ${id} cannot be canceled at Stripe`);
  try {
    await context.escrow.cancel(transferId, `cancel-payout-${id}`);
  } catch (error) {
    context.log.warn({ payoutId: id, error: String(error) }, 'a payout was not canceled at Stripe');
  }
  return read(context, claimed);
}

function paymentOf(claimed: ClaimedTransfer): Payment {
  return {
    payoutId: claimed.id,
    month: claimed.month,
    userId: claimed.user_id,
    accountId: claimed.account_id,
    currency: claimed.currency,
    netCents: claimed.net_cents,
    requestedAt: claimed.requested_at,
  };
}
