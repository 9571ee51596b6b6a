// A writer's month may arrive before all supporters' funds of the run are posted: it waits in a row, and is posted when they
// are (close/post-earnings.ts).
import type { EarningsClosing, earningsCalculated, MessageOf, WriterMonth } from '@wewrite/contracts';
import { afterCommit, expectParts, type Received } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { BillingContext, BillingTransaction } from '../context.ts';
import { earningsBooks, earningsCounters } from './counters.ts';
import { concludeEarnings } from './post-earnings.ts';

type Message = Received<MessageOf<typeof earningsCalculated>>;

export async function receiveEarnings(
  tx: BillingTransaction,
  context: BillingContext,
  messages: readonly Message[],
): Promise<void> {
  await keep(
    tx,
    messages.flatMap(({ id, body }) => (body.part === 'writer' ? [{ id, body }] : [])),
  );
  afterCommit(tx, () => context.wake('earnings_books'));
  for (const { body } of messages) if (body.part === 'closing') await expect(tx, context, body);
}

async function keep(tx: BillingTransaction, writers: readonly { id: string; body: WriterMonth }[]): Promise<void> {
  if (writers.length === 0) return;
  const column = <Value>(pick: (writer: WriterMonth) => Value) => writers.map(({ body }) => pick(body));
  await sql`
    insert into earning_waiting
      (run_id, recipient_user_id, month, kind, gross_cents, fee_cents, net_cents, line_count, cause_event_id)
    select run_id::uuid, recipient_user_id, month, kind, gross_cents, fee_cents, net_cents, line_count, cause_event_id
      from unnest(
        ${column(({ run }) => run.runId)}::text[], ${column(({ recipientUserId }) => recipientUserId)}::text[],
        ${column(({ run }) => run.month)}::text[], ${column(({ run }) => run.kind)}::text[],
        ${column(({ grossCents }) => grossCents)}::bigint[], ${column(({ feeCents }) => feeCents)}::bigint[],
        ${column(({ netCents }) => netCents)}::bigint[], ${column(({ lineCount }) => lineCount)}::integer[],
        ${writers.map(({ id }) => id)}::text[]
      ) as writer (run_id, recipient_user_id, month, kind, gross_cents, fee_cents, net_cents, line_count, cause_event_id)
    on conflict do nothing`.execute(tx);
}

async function expect(tx: BillingTransaction, context: BillingContext, closing: EarningsClosing): Promise<void> {
  const { run, writers, lineCount: lines, grossCents, feeCents, netCents } = closing;
  const expected = earningsCounters({ writers, lines, grossCents, feeCents, netCents });
  const completion = await expectParts(tx, { run, series: earningsBooks, expected, at: context.clock.now() });
  await concludeEarnings(tx, context, completion);
}
