import { type Cents, month, payoutRequested, zeroCents } from '@wewrite/contracts';
import { balances, postTransfers } from '@wewrite/ledger';
import { idOfCause, type Loop } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import { lockBalances } from './adjustments/read-books.ts';
import { checkBooks } from './check-books.ts';
import { type Context, loopNames } from './context.ts';
import type { PayoutAccountTable, PayoutMonthTable, Schema } from './db.ts';
import { readLaterMonths } from './later-months.ts';
import { monthToJudge } from './month-to-judge.ts';
import {
  type Judgement,
  judge,
  nextPayoutDate,
  type PayoutTerms,
  type WriterBalance,
  withoutLaterMonths,
} from './payout.ts';
import { advanceMonth } from './payout-month.ts';
import { runOf, sayProgress } from './progress.ts';
import { sayStalled } from './say-stalled.ts';
import { accountOf, chart, payoutReserved } from './sub-ledger.ts';

/** How many writers one transaction judges. */
export const writersPerStep = 500;

/**
 * D1, D2: once a month's earnings are credited and escrow is funded, each writer with a balance or with earnings of the
 * month is judged, in order of user id, some hundreds a transaction. Who is paid has the payout reserved in the ledger
 * and requested in the same transaction; who is not has the reason and the next date.
 */
export function judgeWriters(context: Context): Loop {
  return {
    name: loopNames.judge,
    pollMs: 1_000,
    due: async () => ((await monthToJudge(context.database.kysely)) === undefined ? 0 : 1),
    step: async () => {
      const due = await monthToJudge(context.database.kysely);
      if (due === undefined) return false;
      await context.telemetry.span(
        { name: 'judge writers', parent: due.traceparent, attributes: { month: due.month } },
        () => context.database.transaction((tx) => judgeNext(context, tx, due.run_id)),
      );
      return true;
    },
  };
}

async function judgeNext(context: Context, tx: Transaction<Schema>, runId: string): Promise<void> {
  await lockBalances(tx);
  const known = await tx
    .selectFrom('payout_month')
    .selectAll()
    .where('run_id', '=', runId)
    .forUpdate()
    .executeTakeFirst();
  if (known === undefined || known.state === 'requested') return;
  if (known.state === 'collecting') await beginJudging(tx, runId);
  const candidates = await nextWriters(tx, known);
  const judged = await judgeEach(context, tx, known, candidates);
  const requested = await record(context, tx, known, judged);
  const isLast = candidates.length < writersPerStep;
  const last = candidates.at(-1)?.userId ?? known.judged_through;
  await tx
    .updateTable('payout_month')
    .set({ judged_through: last, state: isLast ? 'requested' : 'judging' })
    .where('run_id', '=', runId)
    .execute();
  const row = await advanceMonth(tx, runId, { judged: judged.length, requested });
  await conclude(context, tx, row, isLast);
}

/** Whom nothing is owed without later months, and who has earned nothing in this one, has no part in it. */
async function judgeEach(
  context: Context,
  tx: Transaction<Schema>,
  { month: ofMonth }: PayoutMonthTable,
  candidates: readonly Candidate[],
): Promise<JudgedWriter[]> {
  const userIds = candidates.map(({ userId }) => userId);
  const writers = await readWriters(tx, userIds);
  const later = await readLaterMonths(tx, ofMonth, userIds);
  const terms = termsOf(context);
  return candidates.flatMap(({ userId, hasEarned }) => {
    const known = writers.get(userId);
    if (known === undefined) throw new Error(`no balance was read for ${userId}`);
    const since = later.get(userId);
    const writer = since === undefined ? known : withoutLaterMonths(known, since);
    if (!hasEarned && writer.payableCents === 0) return [];
    return [{ userId, payableCents: writer.payableCents, judgement: judge(writer, terms) }];
  });
}

async function conclude(
  context: Context,
  tx: Transaction<Schema>,
  row: PayoutMonthTable,
  isLast: boolean,
): Promise<void> {
  const run = runOf(row);
  const booksVersion = isLast ? await checkBooks(context, tx, { run, stage: 'payout_requests' }) : null;
  const progress = { run, version: row.version, booksVersion };
  const expected = isLast ? row.writers_judged : row.writers_expected;
  await sayProgress(context, tx, { ...progress, step: 'payout_requests', expected, done: row.writers_judged });
  if (!isLast) return;
  const { payouts_requested, payouts_settled } = row;
  await sayProgress(context, tx, { ...progress, step: 'payouts', expected: payouts_requested, done: payouts_settled });
  await sayStalled(context, tx, [row.run_id]);
}

async function beginJudging(tx: Transaction<Schema>, runId: string): Promise<void> {
  await sql`
    update payout_month set state = 'judging', writers_expected = (select count(*) from (${candidates(runId)}) as writer)
    where run_id = ${runId}`.execute(tx);
}

/** Writers with earnings of the month, and writers with a balance from before. */
function candidates(runId: string) {
  return sql`
    select user_id from writer_credit where run_id = ${runId}
    union
    ${writersWithBalance}`;
}

/** Writers who are owed something, whatever the month. */
export const writersWithBalance = sql`
    select substr(account_id, length('payable:') + 1) from ledger_balance
    where account_id >= 'payable:' and account_id < 'payable;' and balance_cents > 0`;

interface Candidate {
  readonly userId: string;
  readonly hasEarned: boolean;
}

/** The next candidates in order of user id. Both reads follow an index from there on and stop at the limit. */
async function nextWriters(tx: Transaction<Schema>, row: PayoutMonthTable): Promise<Candidate[]> {
  const judgedThrough = row.judged_through ?? '';
  await readInIndexOrder(tx);
  const { rows } = await sql<Candidate>`
    select user_id as "userId", bool_or(has_earned) as "hasEarned" from (
      (select user_id, true as has_earned from writer_credit where run_id = ${row.run_id} and user_id > ${judgedThrough}
        order by user_id limit ${writersPerStep})
      union all
      (select substr(account_id, length('payable:') + 1) collate "C", false from ledger_balance
        where account_id > ${accountOf.payable(judgedThrough)} and account_id < 'payable;' and balance_cents > 0
        order by account_id limit ${writersPerStep})
    ) as writer
    group by user_id order by user_id limit ${writersPerStep}`.execute(tx);
  await readAsPlanned(tx);
  return rows;
}

/**
 * Left to itself, with statistics from before the month's credits, the planner reads and sorts all writers for each step,
 * and judging becomes quadratic.
 */
async function readInIndexOrder(tx: Transaction<Schema>): Promise<void> {
  await sql`
    select set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true),
      set_config('enable_seqscan', 'off', true)`.execute(tx);
}

/** The rest of the transaction is the planner's again: the sums of a check of the books are read whole. */
async function readAsPlanned(tx: Transaction<Schema>): Promise<void> {
  await sql`
    select set_config('enable_sort', null, true), set_config('enable_bitmapscan', null, true),
      set_config('enable_seqscan', null, true)`.execute(tx);
}

/** What the sub-ledger and the accounts know of writers: an entry for each id. */
export async function readWriters(
  tx: Transaction<Schema>,
  userIds: readonly string[],
): Promise<Map<string, WriterBalance>> {
  const read = async (accountId: (userId: string) => string) => {
    const found = await balances(tx, { ids: userIds.map(accountId) });
    return (userId: string): Cents => found.get(accountId(userId)) ?? zeroCents;
  };
  const payable = await read(accountOf.payable);
  const held = await read(accountOf.held);
  const receivable = await read(accountOf.receivable);
  const inFlight = await read(accountOf.inFlight);
  const { rows } = await sql<PayoutAccountTable>`
    select * from payout_account where user_id = any(${userIds}::text[])`.execute(tx);
  const accounts = new Map(rows.map((account) => [account.user_id, account]));
  return new Map(
    userIds.map((userId) => [
      userId,
      {
        payableCents: payable(userId),
        heldCents: held(userId),
        receivableCents: receivable(userId),
        hasPayoutInFlight: inFlight(userId) > 0,
        accountId: accounts.get(userId)?.account_id ?? null,
        canReceive: accounts.get(userId)?.can_receive ?? false,
      },
    ]),
  );
}

interface JudgedWriter {
  readonly userId: string;
  readonly payableCents: Cents;
  readonly judgement: Judgement;
}

/** Writes the judgements, reserves and requests the payouts; gives the number of payouts. */
async function record(
  context: Context,
  tx: Transaction<Schema>,
  row: PayoutMonthTable,
  judged: readonly JudgedWriter[],
): Promise<number> {
  const run = runOf(row);
  const at = context.clock.now();
  const payouts = judged.flatMap(({ userId, judgement }) =>
    judgement.kind === 'pay' ? [{ ...judgement, userId, payoutId: payoutIdOf(row.month, userId) }] : [],
  );
  if (payouts.length > 0) {
    const values = payouts.map((payout) => ({
      id: payout.payoutId,
      run_id: run.runId,
      month: run.month,
      user_id: payout.userId,
      account_id: payout.accountId,
      status: 'requested' as const,
      currency: 'usd' as const,
      gross_cents: payout.grossCents,
      processing_fee_cents: payout.processingFeeCents,
      net_cents: payout.netCents,
      transfer_id: null,
      reason: null,
      traceparent: row.traceparent,
      requested_at: at,
      settled_at: null,
    }));
    await tx.insertInto('payout').values(values).execute();
  }
  await insertJudgements(tx, row, judged);
  const shared = { month: run.month, currency: 'usd', occurredAt: at, causeEventId: null } as const;
  const reservations = payouts.map(({ grossCents, ...payout }) =>
    payoutReserved({ ...shared, ...payout, amountCents: grossCents }),
  );
  await postTransfers(tx, chart, reservations, at);
  const bodies = payouts.map(({ kind: _, userId, ...payout }) => ({
    run,
    month: run.month,
    recipientUserId: userId,
    currency: 'usd',
    ...payout,
  }));
  await context.outbox.emit(
    tx,
    payoutRequested,
    bodies.map((body) => ({ key: body.payoutId, id: body.payoutId, body: payoutRequested.schema.parse(body) })),
  );
  return payouts.length;
}

async function insertJudgements(
  tx: Transaction<Schema>,
  row: PayoutMonthTable,
  judged: readonly JudgedWriter[],
): Promise<void> {
  if (judged.length === 0) return;
  const nextDate = nextPayoutDate(month(row.month));
  const values = judged.map(({ userId, payableCents, judgement }) => ({
    run_id: row.run_id,
    month: row.month,
    user_id: userId,
    payable_cents: payableCents,
    reason: judgement.kind === 'skip' ? judgement.reason : null,
    next_date: judgement.kind === 'skip' ? nextDate : null,
    payout_id: judgement.kind === 'pay' ? payoutIdOf(row.month, userId) : null,
  }));
  await tx.insertInto('judgement').values(values).execute();
}

/** A payout's id comes of its month, its writer and its ordinal: the same payout is never made twice. */
function payoutIdOf(ofMonth: string, userId: string): string {
  return idOfCause('payout', ofMonth, userId, 1);
}

/** The configured terms of payouts. */
export function termsOf({ config }: Context): PayoutTerms {
  return {
    minimumCents: config.PAYOUT_MINIMUM_CENTS,
    processingFeeBps: config.PROCESSING_FEE_BPS,
    processingFeeFixedCents: config.PROCESSING_FEE_FIXED_CENTS,
  };
}
