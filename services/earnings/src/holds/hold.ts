import { type Cents, type Hold, HoldSchema, holdChanged, type Month, type UserId } from '@wewrite/contracts';
import { idOfCause } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { Context, Tx } from '../db.ts';
import type { Executor } from '../find-lines.ts';

/** Money that is kept back: of one line, or of a writer's whole month (C6). */
export interface KnownHold {
  readonly holdId: string;
  readonly runId: string;
  readonly month: Month;
  readonly recipientUserId: UserId;
  readonly place: { readonly chunk: number; readonly position: number } | null;
  readonly netCents: Cents;
}

/** One thing that was done with a hold, by whom and why. */
export interface HoldChange {
  readonly version: number;
  readonly state: Hold['state'];
  readonly reason: string;
  readonly byUserId: string;
}

/** Notes what was done with a hold, and says it: payouts keeps the money back, or gives it free. */
export async function writeChange(
  { clock, outbox }: Context,
  tx: Tx,
  { hold, change }: { readonly hold: KnownHold; readonly change: HoldChange },
): Promise<void> {
  const at = clock.now();
  const { holdId, recipientUserId, month, netCents } = hold;
  const { version, state, reason, byUserId } = change;
  await sql`
    insert into hold_change (hold_id, version, state, reason, by_user_id, at)
    values (${holdId}, ${version}, ${state}, ${reason}, ${byUserId}, ${at})`.execute(tx);
  const body = { holdId, version, state, recipientUserId, month, netCents, currency: 'usd' as const, reason };
  const message = { ...body, at: at.toISOString() };
  await outbox.emit(tx, holdChanged, [
    { key: recipientUserId, id: idOfCause('hold.changed', holdId, version), body: message },
  ]);
}

/** Holds as administrators see them, oldest first: after one, of a state, or one by its id. */
export async function readHolds(
  executor: Executor,
  which: { readonly holdId?: string; readonly state?: Hold['state'] | undefined; readonly after?: string | undefined },
  limit: number,
): Promise<Hold[]> {
  const { holdId = null, state = null, after = null } = which;
  const { rows } = await sql<object>`
    select hold_id as "holdId", hold_state.month, hold_state.recipient_user_id as "recipientUserId",
      line_detail.line_id as "lineId", 'usd' as currency, net_cents as "netCents", left_cents as "leftCents", state,
      (
        select json_agg(json_build_object('version', version, 'state', state, 'reason', reason, 'byUserId', by_user_id,
          'at', to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by version)
        from hold_change where hold_change.hold_id = hold_state.hold_id
      ) as changes
    from hold_state left join line_detail using (run_id, chunk, position)
    where (${holdId}::uuid is null or hold_id = ${holdId}) and (${state}::text is null or state = ${state})
      and (${after}::uuid is null or hold_id > ${after})
    order by hold_id limit ${limit}`.execute(executor);
  return rows.map((row) => HoldSchema.parse(row));
}
