import type { booksChecked, MessageOf } from '@wewrite/contracts';
import type { Received } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import type { Context, Schema } from './db.ts';
import { judgeRun } from './judge-run.ts';

type Books = MessageOf<typeof booksChecked>;

/** Keeps each service's newest check of its books, then judges the runs that wait for it. */
export async function takeBooks(
  context: Context,
  tx: Transaction<Schema>,
  messages: readonly Received<Books>[],
): Promise<void> {
  for (const { body } of messages) {
    await upsertBooks(tx, body);
    const wrong = body.equations.filter((equation) => equation.differenceCents !== 0);
    if (wrong.length > 0) {
      context.log.error({ service: body.service, stage: body.stage, month: body.month, wrong }, 'books do not balance');
    }
  }
  const open = await sql<{ run_id: string }>`
    select run_id from month_run where kind = 'close' and state <> 'reconciled' order by run_id`.execute(tx);
  for (const { run_id } of open.rows) await judgeRun(context, tx, run_id);
}

async function upsertBooks(tx: Transaction<Schema>, books: Books): Promise<void> {
  await sql`
    insert into books as known (service, run_key, version, month, stage, checked_at, equations, sums, taken_in)
    values (${books.service}, ${books.runId ?? ''}, ${books.version}, ${books.month}, ${books.stage}, ${books.at},
      ${JSON.stringify(books.equations)}, ${JSON.stringify(books.sums)}, ${JSON.stringify(books.takenIn)})
    on conflict (service, run_key) do update set
      version = excluded.version, month = excluded.month, stage = excluded.stage, checked_at = excluded.checked_at,
      equations = excluded.equations, sums = excluded.sums, taken_in = excluded.taken_in
    where known.version < excluded.version`.execute(tx);
}
