import { type Cents, cents, MonthSchema, type Run, type SkipReason, zeroCents } from '@wewrite/contracts';
import type { Loop } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import { type Context, loopNames } from './context.ts';
import type { RehearsalTable, Schema } from './db.ts';
import { readWriters, termsOf, writersPerStep, writersWithBalance } from './judge-writers.ts';
import { type Judgement, judge } from './payout.ts';
import { sayProgress } from './progress.ts';

/**
 * Judges the writers of a rehearsed month as `judgeWriters` would those of its close (D1, D2), on the balances that they
 * would have. Nothing is reserved or requested: what a payout would be is written down.
 */
export function judgeRehearsal(context: Context): Loop {
  return {
    name: loopNames.rehearse,
    pollMs: 1_000,
    due: async () => ((await dueRehearsal(context)) === undefined ? 0 : 1),
    step: async () => {
      const due = await dueRehearsal(context);
      if (due === undefined) return false;
      const attributes = { month: due.month, 'run.id': due.run_id };
      return context.telemetry.span({ name: 'judge rehearsal', parent: due.traceparent, attributes }, () =>
        context.database.transaction((tx) => judgeNext(context, tx, due.run_id)),
      );
    },
  };
}

async function dueRehearsal({ database }: Context): Promise<RehearsalTable | undefined> {
  return database.kysely.selectFrom('rehearsal').selectAll().where('state', '=', 'judging').executeTakeFirst();
}

/** False when another instance is at it, or another rehearsal has begun. */
async function judgeNext(context: Context, tx: Transaction<Schema>, runId: string): Promise<boolean> {
  const { rows } = await sql<RehearsalTable>`
    select * from rehearsal where run_id = ${runId} and state = 'judging' for update skip locked`.execute(tx);
  const [rehearsal] = rows;
  if (rehearsal === undefined) return false;
  const credited = await nextWriters(tx, rehearsal);
  const balances = await readWriters(
    tx,
    credited.map(({ userId }) => userId),
  );
  const judged = credited.map(({ userId, netCents }): JudgedWriter => {
    const writer = balances.get(userId);
    if (writer === undefined) throw new Error(`no balance was read for ${userId}`);
    const payableCents = cents(writer.payableCents + netCents);
    return { userId, payableCents, judgement: judge({ ...writer, payableCents }, termsOf(context)) };
  });
  await insertJudgements(tx, runId, judged);
  await conclude(context, tx, await moveOn(tx, rehearsal, judged));
  return true;
}

interface CreditedWriter {
  readonly userId: string;
  readonly netCents: Cents;
}

interface JudgedWriter {
  readonly userId: string;
  readonly payableCents: Cents;
  readonly judgement: Judgement;
}

/** Writers with rehearsed earnings, and writers with a balance from before. */
async function nextWriters(tx: Transaction<Schema>, rehearsal: RehearsalTable): Promise<readonly CreditedWriter[]> {
  const { rows } = await sql<CreditedWriter>`
    select writer.user_id as "userId", coalesce(net_cents, 0) as "netCents"
    from (
      select user_id collate "C" as user_id from (
        select user_id from rehearsed_credit where run_id = ${rehearsal.run_id}
        union
        ${writersWithBalance}
      ) as either
    ) as writer
    left join rehearsed_credit as credit on credit.run_id = ${rehearsal.run_id} and credit.user_id = writer.user_id
    where writer.user_id > ${rehearsal.judged_through}
    order by writer.user_id limit ${writersPerStep}`.execute(tx);
  return rows;
}

async function insertJudgements(
  tx: Transaction<Schema>,
  runId: string,
  judged: readonly JudgedWriter[],
): Promise<void> {
  const payouts = judged.map(({ judgement }) =>
    judgement.kind === 'pay'
      ? judgement
      : { grossCents: zeroCents, processingFeeCents: zeroCents, netCents: zeroCents },
  );
  await sql`
    insert into rehearsed_judgement
      (run_id, user_id, payable_cents, reason, gross_cents, processing_fee_cents, net_cents)
    select ${runId}::uuid, judged.* from unnest(
      ${judged.map(({ userId }) => userId)}::text[], ${judged.map(({ payableCents }) => payableCents)}::bigint[],
      ${judged.map(({ judgement }) => (judgement.kind === 'skip' ? judgement.reason : null))}::text[],
      ${payouts.map(({ grossCents }) => grossCents)}::bigint[],
      ${payouts.map(({ processingFeeCents }) => processingFeeCents)}::bigint[],
      ${payouts.map(({ netCents }) => netCents)}::bigint[]
    ) as judged`.execute(tx);
}

async function moveOn(
  tx: Transaction<Schema>,
  rehearsal: RehearsalTable,
  judged: readonly JudgedWriter[],
): Promise<RehearsalTable> {
  const isLast = judged.length < writersPerStep;
  const { rows } = await sql<RehearsalTable>`
    update rehearsal set
      judged_through = ${judged.at(-1)?.userId ?? rehearsal.judged_through}, version = version + 1,
      state = ${isLast ? 'judged' : 'judging'}, writers_judged = writers_judged + ${judged.length}
    where run_id = ${rehearsal.run_id} returning *`.execute(tx);
  const [moved] = rows;
  if (moved === undefined) throw new Error(`rehearsal ${rehearsal.run_id} is gone although its row is locked`);
  return moved;
}

/** Says how far the judging is, and at its end what would be paid, and how many would not be and why. */
async function conclude(context: Context, tx: Transaction<Schema>, rehearsal: RehearsalTable): Promise<void> {
  const run: Run = { runId: rehearsal.run_id, kind: 'rehearsal', month: MonthSchema.parse(rehearsal.month) };
  await sayProgress(context, tx, {
    run,
    step: 'payout_requests',
    version: rehearsal.version,
    expected: rehearsal.state === 'judged' ? rehearsal.writers_judged : null,
    done: rehearsal.writers_judged,
    booksVersion: null,
    sums: rehearsal.state === 'judged' ? await sumsOf(tx, run) : {},
  });
}

async function sumsOf(tx: Transaction<Schema>, { runId }: Run): Promise<Record<string, Cents>> {
  const { rows } = await sql<{
    reason: SkipReason | null;
    writers: number;
    carriedCents: Cents;
    grossCents: Cents;
    processingFeeCents: Cents;
    netCents: Cents;
  }>`
    select reason, count(*) as writers, sum(payable_cents)::bigint as "carriedCents",
      sum(gross_cents)::bigint as "grossCents", sum(processing_fee_cents)::bigint as "processingFeeCents",
      sum(net_cents)::bigint as "netCents"
    from rehearsed_judgement where run_id = ${runId} group by reason`.execute(tx);
  const paid = rows.find(({ reason }) => reason === null);
  const skipped = rows.flatMap(({ reason, writers, carriedCents }) =>
    reason === null
      ? []
      : [
          [`${reason}:writers`, cents(writers)],
          [`${reason}:cents`, carriedCents],
        ],
  );
  return {
    payouts: cents(paid?.writers ?? 0),
    grossCents: paid?.grossCents ?? zeroCents,
    processingFeeCents: paid?.processingFeeCents ?? zeroCents,
    netCents: paid?.netCents ?? zeroCents,
    ...Object.fromEntries(skipped),
  };
}
