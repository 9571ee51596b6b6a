import type { earningsCalculated, MessageOf } from '@wewrite/contracts';
import type { Received } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import type { Schema } from './db.ts';
import { replaceRehearsals } from './replace-rehearsals.ts';

/** Keeps what each writer earns by each run. */
export async function takeEarnings(
  tx: Transaction<Schema>,
  messages: readonly Received<MessageOf<typeof earningsCalculated>>[],
): Promise<void> {
  const runs = Map.groupBy(
    messages.map(({ body }) => body),
    ({ run }) => run.runId,
  );
  for (const bodies of runs.values()) {
    const run = bodies[0]?.run;
    if (run === undefined || !(await replaceRehearsals(tx, run))) continue;
    const writers = bodies.filter((body) => body.part === 'writer');
    await sql`
      insert into writer_net (run_id, month, kind, user_id, net_cents)
      select ${run.runId}::uuid, ${run.month}, ${run.kind}, writer.* from unnest(
        ${writers.map((writer) => writer.recipientUserId)}::text[], ${writers.map((writer) => writer.netCents)}::bigint[]
      ) as writer
      on conflict do nothing`.execute(tx);
  }
}
