// E5: what is taken back of a writer's month comes out of what the month has credited first. Topics have no order among each
// other: what comes before the credit waits here for it.
import { type earningsReversed, type MessageOf, WriterReversalSchema } from '@wewrite/contracts';
import { AssertionFailure, activeTraceparent, afterCommit, type Loop, type Received } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import { z } from 'zod';
import { type Context, loopNames } from '../context.ts';
import type { Schema } from '../db.ts';
import { applyReversals, type ReversalPart } from './apply-reversals.ts';
import { lockBalances } from './read-books.ts';

const WaitingPartSchema = WriterReversalSchema.extend({ messageId: z.string() });

/** Applies the parts of writers whose month is credited, and keeps the others, with those that come behind them. */
export async function takeReversals(
  context: Context,
  tx: Transaction<Schema>,
  messages: readonly Received<MessageOf<typeof earningsReversed>>[],
): Promise<void> {
  const parts = messages.flatMap(({ id, body }) => (body.part === 'writer' ? [{ ...body, messageId: id }] : []));
  if (parts.length === 0) return;
  await lockBalances(tx);
  const uncredited = await findUncredited(tx, parts);
  const isEarly = (part: ReversalPart) => uncredited.has(writerMonthOf(part));
  await applyReversals(
    context,
    tx,
    parts.filter((part) => !isEarly(part)),
  );
  await keep(context, tx, parts.filter(isEarly));
}

/**
 * Applies what has waited, each part by itself, once its writer is credited. One that does not fit to the writer's books
 * stays, with the reason in the log once an instance, and holds nobody up: what it lacks may be replayed.
 */
export function applyWaitingReversals(context: Context): Loop {
  const { database, log } = context;
  const logged = new Set<number>();
  const logOnce = (place: number, err: AssertionFailure) => {
    if (logged.has(place)) return;
    log.error({ err, place }, 'what is to be taken back of a writer does not fit: it has to be looked at');
    logged.add(place);
  };
  return {
    name: loopNames.reversals,
    pollMs: 1_000,
    due: () => countApplicable(context),
    step: async () => {
      let hasApplied = false;
      for await (const { place, traceparent } of applicableParts(context)) {
        try {
          await context.telemetry.span({ name: 'take back', parent: traceparent }, () =>
            database.transaction((tx) => applyWaiting(context, tx, place)),
          );
          hasApplied = true;
          logged.delete(place);
        } catch (error) {
          if (!(error instanceof AssertionFailure)) throw error;
          logOnce(place, error);
        }
      }
      return hasApplied;
    },
  };
}

function writerMonthOf({ run, recipientUserId }: Pick<ReversalPart, 'run' | 'recipientUserId'>): string {
  return `${run.runId} ${recipientUserId}`;
}

/** Writers' months of the parts that are not credited yet, or of which something waits still. */
async function findUncredited(tx: Transaction<Schema>, parts: readonly ReversalPart[]): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ writerMonth: string }>`
    select run_id || ' ' || user_id as "writerMonth"
    from unnest(${parts.map(({ run }) => run.runId)}::uuid[], ${parts.map((part) => part.recipientUserId)}::text[])
      as part (run_id, user_id)
    where not exists (select from writer_credit where (run_id, user_id) = (part.run_id, part.user_id))
       or exists (select from waiting_reversal where (run_id, user_id) = (part.run_id, part.user_id))`.execute(tx);
  return new Set(rows.map((row) => row.writerMonth));
}

async function keep(context: Context, tx: Transaction<Schema>, parts: readonly ReversalPart[]): Promise<void> {
  if (parts.length === 0) return;
  const traceparent = activeTraceparent();
  const rows = parts.map((part, place) => {
    const { run, recipientUserId } = part;
    return { place, run_id: run.runId, user_id: recipientUserId, traceparent, part };
  });
  await sql`
    insert into waiting_reversal (run_id, user_id, traceparent, part)
    select run_id, user_id, traceparent, part
    from json_to_recordset(${JSON.stringify(rows)}::json)
      as row (place int, run_id uuid, user_id text, traceparent text, part json)
    order by place`.execute(tx);
  afterCommit(tx, () => context.wake(loopNames.reversals));
}

async function countApplicable({ database }: Context): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from waiting_reversal join writer_credit using (run_id, user_id)`.execute(database.kysely);
  return rows[0]?.count ?? 0;
}

interface WaitingPart {
  readonly place: number;
  readonly traceparent: string | null;
}

const partsPerPage = 100;

/** What waits of writers who are credited, in order, page by page: those that do not fit hide none behind them. */
async function* applicableParts({ database }: Context): AsyncGenerator<WaitingPart> {
  for (let after = 0; ; ) {
    const { rows } = await sql<WaitingPart>`
      select place, traceparent from waiting_reversal join writer_credit using (run_id, user_id)
      where place > ${after} order by place limit ${partsPerPage}`.execute(database.kysely);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < partsPerPage) return;
    after = last.place;
  }
}

/** Another replica may have been first. */
async function applyWaiting(context: Context, tx: Transaction<Schema>, place: number): Promise<void> {
  await lockBalances(tx);
  const { rows } = await sql<{ part: unknown }>`
    delete from waiting_reversal where place = ${place} returning part`.execute(tx);
  const parts = rows.map(({ part }) => WaitingPartSchema.parse(part));
  await applyReversals(context, tx, parts);
}
