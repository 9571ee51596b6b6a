import { createHash } from 'node:crypto';
import { type LockedTotals, monthLocked, monthProgress, type RunKind } from '@wewrite/contracts';
import { assert, encodeBody, type Loop } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import { beginLock, checkWaitOf, waitAlarm } from './begin-lock.ts';
import { closeTables } from './close-tables.ts';
import type { Context, MonthCloseTable, Schema } from './db.ts';
import { chunkMessage, lockProgressMessage } from './events.ts';
import { finishLock } from './finish-lock.ts';
import { countOf } from './leave-out.ts';
import { lockedChunkOf } from './locked-chunk.ts';
import { runOf } from './month-close.ts';
import { type Page, readPage } from './read-page.ts';

/** The names of the loops, by which they are woken. */
export const lockLoops = { close: 'lock_month', rehearsal: 'rehearse_month' } as const;

/**
 * Freezes the lines of the earliest month whose close is not done: one chunk a step and transaction, under the row lock
 * of the close, which keeps instances apart and holds the place of the next chunk. A crash resumes there, with the same
 * chunks, since lines as of the cutoff and the budgets of a closed funding no longer change (B1, B2). Rehearsals have a
 * loop of their own: neither kind waits for the other.
 */
export function lockMonthLoop(context: Context, kind: RunKind): Loop {
  const alarm = waitAlarm(context);
  return {
    name: lockLoops[kind],
    pollMs: 1_000,
    due: async () => {
      const close = await earliestOpenClose(context, kind);
      if (close === undefined) return 0;
      if (close.state === 'locking') return 1;
      // A close that waits for another service's messages has nothing to do.
      return (await checkWaitOf(context.database.kysely, close)).state === 'complete' ? 1 : 0;
    },
    step: async () => {
      const close = await earliestOpenClose(context, kind);
      if (close === undefined) return false;
      if (close.state === 'waiting_for_funding') {
        const check = await beginLock(context, close);
        if (check !== null && check.state !== 'complete') alarm.waits(close, check);
        return check?.state === 'complete';
      }
      const attributes = { month: close.month, runId: close.run_id };
      return context.telemetry.span({ name: 'lock chunk', parent: close.traceparent, attributes }, () =>
        lockNextChunk(context, close),
      );
    },
  };
}

async function earliestOpenClose({ database }: Context, kind: RunKind): Promise<MonthCloseTable | undefined> {
  const { rows } = await sql<MonthCloseTable>`
    select * from ${closeTables(kind).close} where state <> 'locked' order by month limit 1`.execute(database.kysely);
  return rows[0];
}

/** False when another instance is at it. */
async function lockNextChunk(context: Context, { kind, month }: MonthCloseTable): Promise<boolean> {
  return context.database.transaction(async (tx) => {
    const { rows } = await sql<MonthCloseTable>`
      select * from ${closeTables(kind).close} where month = ${month} and state = 'locking' for update skip locked`.execute(
      tx,
    );
    const close = rows[0];
    if (close === undefined) return false;
    const page = await readPage(tx, context, close);
    if (page.supporters.userIds.length === 0) await finishLock(tx, context, close);
    else await freeze(tx, context, { close, page });
    return true;
  });
}

const maximumChunkBytes = 256 * 1024;

/** Stores the chunk, which is at once the frozen lines and the message, and moves the close on. */
async function freeze(
  tx: Transaction<Schema>,
  { clock, outbox }: Context,
  { close, page }: { close: MonthCloseTable; page: Page },
): Promise<void> {
  const { chunk, payload, count } = fittingChunk(close, page);
  const { userIds } = page.supporters;
  const { totals } = chunk;
  if (totals.supporters > 0) {
    await sql`
      insert into ${closeTables(close.kind).chunk} (run_id, chunk, first_user_id, last_user_id, sha256, payload)
      values (${close.run_id}, ${close.chunks}, ${chunk.supporters.userIds[0]}, ${chunk.supporters.userIds.at(-1)},
        ${createHash('sha256').update(payload).digest()}, ${payload})`.execute(tx);
    await outbox.emitBlobs(tx, monthLocked, [chunkMessage({ runId: close.run_id, chunk: close.chunks })]);
  }
  const moved = await moveOn(tx, close, {
    totals,
    leftOut: countOf(page.leftOut, new Set(userIds.slice(0, count))),
    count,
    afterUserId: userIds[count - 1] ?? close.after_user_id,
  });
  await outbox.emit(tx, monthProgress, [lockProgressMessage(moved, { at: clock.now(), booksVersion: null })]);
}

/** Halves the page until its chunk fits a message; what is left out comes with the next step. */
function fittingChunk(close: MonthCloseTable, page: Page) {
  const place = { run: runOf(close), chunk: close.chunks };
  for (let count = page.supporters.userIds.length; count > 0; count = Math.floor(count / 2)) {
    const chunk = lockedChunkOf(place, page.supporters, page.lines, count);
    const payload = encodeBody(monthLocked, chunk);
    if (payload.length <= maximumChunkBytes) return { chunk, payload, count };
  }
  throw new Error(`the lines of supporter ${page.supporters.userIds[0]} do not fit a chunk`);
}

async function moveOn(
  tx: Transaction<Schema>,
  close: MonthCloseTable,
  by: { totals: LockedTotals; leftOut: ReturnType<typeof countOf>; count: number; afterUserId: string },
): Promise<MonthCloseTable> {
  const { totals, leftOut } = by;
  const { rows } = await sql<MonthCloseTable>`
    update ${closeTables(close.kind).close} set
      after_user_id = ${by.afterUserId}, candidates_done = candidates_done + ${by.count},
      progress_version = progress_version + 1, chunks = chunks + ${totals.supporters > 0 ? 1 : 0},
      supporters = supporters + ${totals.supporters}, lines = lines + ${totals.lines},
      paid_cents = paid_cents + ${totals.paidCents}, funded_cents = funded_cents + ${totals.fundedCents},
      unallocated_cents = unallocated_cents + ${totals.unallocatedCents},
      unfunded_cents = unfunded_cents + ${totals.unfundedCents},
      left_out_lines = left_out_lines + ${leftOut.lines}, left_out_cents = left_out_cents + ${leftOut.usdCents}
    where month = ${close.month}
    returning *`.execute(tx);
  assert(rows[0] !== undefined, 'a close that is being locked has a row');
  return rows[0];
}
