import { booksChecked, monthLocked, monthProgress } from '@wewrite/contracts';
import { afterCommit, assert } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import { closeTables } from './close-tables.ts';
import type { Context, MonthCloseTable, Schema } from './db.ts';
import { booksCheckedMessage, lockedClosingMessage, lockProgressMessage } from './events.ts';

/**
 * Ends the lock once every supporter is frozen: the closing message with the control totals, and the books. Refuses to
 * when a supporter is missing or the chunks do not hold what billing says was paid (B3, B5): the close then stands still
 * and is reported. While a rehearsal reads them, plans and budgets change: it is of as many as it found, and has no books.
 */
export async function finishLock(
  tx: Transaction<Schema>,
  context: Pick<Context, 'clock' | 'outbox' | 'log'>,
  close: MonthCloseTable,
): Promise<void> {
  const { clock, outbox, log } = context;
  const isRehearsal = close.kind === 'rehearsal';
  const { month } = close;
  assert(
    isRehearsal || close.candidates_done === close.candidates_expected,
    `the lock of ${month} has missed a supporter`,
  );
  const at = clock.now();
  const tables = closeTables(close.kind);
  const locked = await sql<MonthCloseTable>`
    update ${tables.close} set
      state = 'locked', locked_at = ${at}, progress_version = progress_version + 1, candidates_expected = candidates_done
    where month = ${month} returning *`.execute(tx);
  const hash = await sql<{ hash: string }>`
    select encode(sha256(coalesce(string_agg(sha256, ''::bytea order by chunk), ''::bytea)), 'hex') as hash
    from ${tables.chunk} where run_id = ${close.run_id}`.execute(tx);
  const [lockedClose, hashRow] = [locked.rows[0], hash.rows[0]];
  assert(lockedClose !== undefined && hashRow !== undefined, 'each statement returns its row');
  const booksVersion = isRehearsal ? null : await checkBooks(tx, context, lockedClose, at);
  await outbox.emit(tx, monthLocked, [lockedClosingMessage(lockedClose, hashRow.hash)]);
  await outbox.emit(tx, monthProgress, [lockProgressMessage(lockedClose, { at, booksVersion })]);
  if (!lockedClose.backfilled) return;
  const recovered = { month, lines: lockedClose.lines, startedAt: lockedClose.started_at };
  afterCommit(tx, () => log.error({ alert: 'backfill', ...recovered }, 'a month that was missed has been locked late'));
}

/** Says the equations of the locked month; gives the check's version. */
async function checkBooks(
  tx: Transaction<Schema>,
  { outbox }: Pick<Context, 'outbox'>,
  close: MonthCloseTable,
  at: Date,
): Promise<number> {
  const funding = await sql<{ paid_cents: number }>`
    select paid_cents from funding_closing where month = ${close.month}`.execute(tx);
  const fundingPaidCents = funding.rows[0]?.paid_cents;
  assert(close.paid_cents === fundingPaidCents, `the chunks of ${close.month} do not hold its paid budget`);
  const { rows } = await sql<{ version: number }>`
    update books_version set version = version + 1 returning version`.execute(tx);
  const [books] = rows;
  assert(books !== undefined, 'books_version has its row');
  const { version } = books;
  await outbox.emit(tx, booksChecked, [booksCheckedMessage(close, { fundingPaidCents, version, at })]);
  return version;
}
