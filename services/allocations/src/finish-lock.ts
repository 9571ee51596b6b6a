import { booksChecked, monthLocked, monthProgress } from '@wewrite/contracts';
import { afterCommit, assert } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import type { Context, MonthCloseTable, Schema } from './db.ts';
import { booksCheckedMessage, lockedClosingMessage, lockProgressMessage } from './events.ts';

/**
 * Ends the lock once every supporter is frozen: the closing message with the control totals, and the books. Refuses to
 * when a supporter is missing or the chunks do not hold what billing says was paid (B3, B5): the close then stands still
 * and is reported.
 */
export async function finishLock(
  tx: Transaction<Schema>,
  { clock, outbox, log }: Context,
  close: MonthCloseTable,
): Promise<void> {
  const { month } = close;
  const funding = await sql<{ paid_cents: number }>`
    select paid_cents from funding_closing where month = ${month}`.execute(tx);
  const fundingPaidCents = funding.rows[0]?.paid_cents;
  assert(close.candidates_done === close.candidates_expected, `the lock of ${month} has missed a supporter`);
  assert(close.paid_cents === fundingPaidCents, `the chunks of ${month} do not hold its paid budget`);
  const at = clock.now();
  const locked = await sql<MonthCloseTable>`
    update month_close set state = 'locked', locked_at = ${at}, progress_version = progress_version + 1
    where month = ${month} returning *`.execute(tx);
  const hash = await sql<{ hash: string }>`
    select encode(sha256(coalesce(string_agg(sha256, ''::bytea order by chunk), ''::bytea)), 'hex') as hash
    from close_chunk where run_id = ${close.run_id}`.execute(tx);
  const books = await sql<{ version: number }>`
    update books_version set version = version + 1 returning version`.execute(tx);
  const [lockedClose, hashRow, booksRow] = [locked.rows[0], hash.rows[0], books.rows[0]];
  assert(
    lockedClose !== undefined && hashRow !== undefined && booksRow !== undefined,
    'each statement returns its row',
  );
  const { version } = booksRow;
  await outbox.emit(tx, monthLocked, [lockedClosingMessage(lockedClose, hashRow.hash)]);
  await outbox.emit(tx, booksChecked, [booksCheckedMessage(lockedClose, { fundingPaidCents, version, at })]);
  await outbox.emit(tx, monthProgress, [lockProgressMessage(lockedClose, { at, booksVersion: version })]);
  if (!lockedClose.backfilled) return;
  const recovered = { month, lines: lockedClose.lines, startedAt: lockedClose.started_at };
  afterCommit(tx, () => log.error({ alert: 'backfill', ...recovered }, 'a month that was missed has been locked late'));
}
