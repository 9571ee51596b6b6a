import { cutoffOf } from '@wewrite/contracts';
import { useOfFamily } from './process-use.ts';
import type { BenchDatabase, Servers } from './servers.ts';
import { runOf, type World } from './world.ts';

// The least that a close can be: one transaction of set-based SQL, in one database, that writes the rows and indexes which
// the services write – lines, supporters' and writers' months, both ledgers with their balances, judgements and payouts –
// and checks nothing. Triggers and foreign keys are off; tables, indexes and settings are the same.

/** The terms that the services have by default: fee and payout rates in basis points, amounts in cents. */
const terms = { platformFeeBps: 700, processingFeeBps: 290, processingFeeFixedCents: 30, minimumCents: 2_500 };

/** What the floor took; the processor's part is that of the whole server. */
export interface FloorClose {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Closes the month in the database as the floor does. */
export async function closeAsFloor(
  { postgresPid }: Pick<Servers, 'postgresPid'>,
  database: BenchDatabase,
  world: World,
): Promise<FloorClose> {
  return database.asSuperuser(async (client) => {
    await client.query('set session_replication_role = replica');
    const cpuBefore = useOfFamily(postgresPid).cpuSeconds;
    const startedAt = performance.now();
    await client.query('begin');
    await client.query(`set local search_path = earnings; select ${settingsOf(world)}`);
    for (const statement of [...lockAndFund, ...writerMonths, ...generalLedger, ...subLedger])
      await client.query(statement);
    await client.query('commit');
    const seconds = (performance.now() - startedAt) / 1_000;
    return { seconds, cpuSeconds: useOfFamily(postgresPid).cpuSeconds - cpuBefore };
  });
}

/** The world as settings of the transaction, since statements of several commands take no parameters. */
function settingsOf(world: World): string {
  const { month, runId } = runOf(world);
  const settings = { month, run_id: runId, cutoff: cutoffOf(world.month).toISOString() };
  return Object.entries(settings)
    .map(([name, value]) => `set_config('bench.${name}', '${value}', true)`)
    .join(', ');
}

const month = `current_setting('bench.month')`;
const runId = `current_setting('bench.run_id')::uuid`;
const cutoff = `current_setting('bench.cutoff')::timestamptz`;

/** A6, A7: what each supporter paid covers the plan, or a part of it, spread by largest remainders. */
const lockAndFund: readonly string[] = [
  `insert into run (run_id, month, kind, state, fee_basis_points)
   values (${runId}, ${month}, 'close', 'calculated', ${terms.platformFeeBps})`,
  `select create_line_partition(${runId})`,
  `insert into supporter_month (run_id, user_id, paid_cents, funded_cents, unallocated_cents, unfunded_cents)
   select ${runId}, user_id, paid, least(paid, wanted), greatest(paid - wanted, 0), greatest(wanted - paid, 0)
   from (
     select user_id, coalesce(paid_cents, 0) as paid, coalesce(wanted, 0) as wanted
     from (
       select user_id, sum(usd_cents)::bigint as wanted from allocations.allocation where since < ${cutoff} group by user_id
     ) as plan
     full join (select user_id, paid_cents from allocations.budget where month = ${month} and paid_cents > 0) as budget
       using (user_id)
   ) as supporter
   order by user_id`,
  `insert into line (run_id, chunk, position, usd_cents, funded_cents, user_id, recipient_user_id, resource_type, resource_id)
   select ${runId}, 0, 0, usd_cents, usd_cents, user_id, recipient_user_id, resource_type, resource_id
   from allocations.allocation join supporter_month using (user_id)
   where since < ${cutoff} and run_id = ${runId} and unfunded_cents = 0`,
  `insert into line (run_id, chunk, position, usd_cents, funded_cents, user_id, recipient_user_id, resource_type, resource_id)
   select ${runId}, 0, 0, usd_cents, quotient + (place <= left_over)::integer, user_id, recipient_user_id, resource_type, resource_id
   from (
     select *, paid - sum(quotient) over (partition by user_id) as left_over, row_number() over (
       partition by user_id order by remainder desc, (resource_type || '_' || resource_id) collate "C"
     ) as place
     from (
       select allocation.*, funded_cents as paid, usd_cents * funded_cents / (funded_cents + unfunded_cents) as quotient,
         usd_cents * funded_cents % (funded_cents + unfunded_cents) as remainder
       from allocations.allocation join supporter_month using (user_id)
       where since < ${cutoff} and run_id = ${runId} and unfunded_cents > 0
     ) as share
   ) as ranked`,
  `select index_line_partition(${runId})`,
  'analyze supporter_month',
];

/** C1, A6: the fee of each writer, and the last line that carries one of the fee's left-over cents. */
const writerMonths: readonly string[] = [
  `insert into writer_month (run_id, recipient_user_id, gross_cents, fee_cents, net_cents, line_count,
     last_extra_remainder, last_extra_line_id)
   with amount as (
     select recipient_user_id, funded_cents, count(*) as lines from line where run_id = ${runId} group by 1, 2
   ), earned as (
     select *, (gross * ${terms.platformFeeBps * 2} + 10000) / 20000 as fee from (
       select recipient_user_id, sum(funded_cents * lines)::bigint as gross, sum(lines) as lines from amount group by 1
     ) as writer
   ), ranked as (
     select *, sum(lines) over (partition by recipient_user_id order by remainder desc) as through,
       sum(remainder * lines) over (partition by recipient_user_id) / gross as extra
     from (
       select recipient_user_id, funded_cents, gross, amount.lines, fee * funded_cents % nullif(gross, 0) as remainder
       from amount join earned using (recipient_user_id)
     ) as share
     where remainder > 0
   ), last_extra as (
     select recipient_user_id, remainder, extra - (through - lines) as place, array_agg(
       line_id(user_id, resource_type, resource_id, ${month}) collate "C"
       order by line_id(user_id, resource_type, resource_id, ${month}) collate "C") as line_ids
     from (
       select recipient_user_id, funded_cents, remainder, extra, sum(lines) over ties as lines, through
       from ranked window ties as (partition by recipient_user_id, remainder)
     ) as tied join line using (recipient_user_id, funded_cents)
     where run_id = ${runId} and extra > through - lines and extra <= through
     group by recipient_user_id, remainder, extra, through, lines
   )
   select ${runId}, recipient_user_id, gross, fee, gross - fee, lines, remainder, line_ids[place::integer]
   from earned left join last_extra using (recipient_user_id)
   order by recipient_user_id`,
  'analyze writer_month',
];

const transferColumns = `(idempotency_key, kind, month, debit_account_id, credit_account_id, amount_cents, currency,
  occurred_at, recorded_at, cause_event_id, run_kind)`;

/** The tail of a transfer's row: what the close sets on each; the cause is as long as a message's id. */
const common = `'usd', ${cutoff}, ${cutoff}, ${runId}::text, 'close'`;

const generalLedger: readonly string[] = [
  `insert into billing.ledger_transfer ${transferColumns}
   select kind || ':' || ${month} || ':' || user_id, kind, ${month}, 'supporter_funds:' || user_id || ':' || ${month}, credit,
     cents, ${common}
   from supporter_month cross join lateral (values
     ('allocation_locked', 'allocated:' || ${month}, funded_cents),
     ('unallocated_funds', 'platform_revenue:unallocated', unallocated_cents)) as part (kind, credit, cents)
   where run_id = ${runId} and cents > 0
   order by user_id`,
  `update billing.ledger_account set debited_cents = debited_cents + paid_cents from supporter_month
   where run_id = ${runId} and paid_cents > 0 and id = 'supporter_funds:' || user_id || ':' || ${month}`,
  `insert into billing.ledger_transfer ${transferColumns}
   select kind || ':' || ${month} || ':' || recipient_user_id, kind, ${month}, 'allocated:' || ${month}, credit, cents, ${common}
   from writer_month cross join lateral (values
     ('platform_fee', 'platform_revenue:fees', fee_cents),
     ('creator_earning', 'creator_obligations', net_cents)) as part (kind, credit, cents)
   where run_id = ${runId} and cents > 0
   order by recipient_user_id`,
  `insert into billing.ledger_transfer ${transferColumns}
   select kind || ':' || ${runId} || ':1', kind, ${month}, debit, credit, cents, ${common}
   from (select sum(net_cents)::bigint as cents from writer_month where run_id = ${runId}) as total
   cross join (values ('escrow_funding', 'stripe:in_transit', 'stripe:payments'),
     ('escrow_arrived', 'stripe:storage', 'stripe:in_transit')) as move (kind, debit, credit)`,
  `with total as (
     select sum(gross_cents)::bigint as gross, sum(fee_cents)::bigint as fee, sum(net_cents)::bigint as net,
       (select sum(unallocated_cents)::bigint from supporter_month where run_id = ${runId}) as unallocated
     from writer_month where run_id = ${runId}
   ), moved as (
     update billing.ledger_account set credited_cents = credited_cents + net from total where id = 'stripe:payments'
   )
   insert into billing.ledger_account (id, type, currency, minimum_cents, hot, debited_cents, credited_cents)
   select id, type, 'usd', minimum, true, debited, credited
   from total cross join lateral (values
     ('allocated:' || ${month}, 'liability', 0, gross, gross), ('creator_obligations', 'liability', null, 0, net),
     ('platform_revenue:fees', 'income', null, 0, fee), ('platform_revenue:unallocated', 'income', null, 0, unallocated),
     ('stripe:in_transit', 'asset', null, net, net), ('stripe:storage', 'asset', null, net, 0)
   ) as account (id, type, minimum, debited, credited)`,
];

/** D1, D2: who has earned enough and can receive is paid; the others have a reason. */
const subLedger: readonly string[] = [
  `insert into payouts.writer_credit (run_id, month, user_id, gross_cents, fee_cents, net_cents)
   select run_id, ${month}, recipient_user_id, gross_cents, fee_cents, net_cents
   from writer_month where run_id = ${runId} order by recipient_user_id`,
  `insert into payouts.payout_month (run_id, month, credits_complete, escrow_funded, state)
   values (${runId}, ${month}, true, true, 'requested')`,
  `insert into payouts.payout (id, run_id, month, user_id, account_id, status, currency, gross_cents, processing_fee_cents,
     net_cents, requested_at)
   select gen_random_uuid(), run_id, ${month}, credit.user_id, account_id, 'requested', 'usd', credit.net_cents, fee,
     credit.net_cents - fee, ${cutoff}
   from payouts.writer_credit as credit join payouts.payout_account as account using (user_id)
   cross join lateral (select (credit.net_cents * ${terms.processingFeeBps * 2} + 10000) / 20000
     + ${terms.processingFeeFixedCents} as fee) as processing
   where run_id = ${runId} and credit.net_cents >= ${terms.minimumCents} and can_receive
   order by credit.user_id`,
  `insert into payouts.judgement (run_id, month, user_id, payable_cents, reason, next_date, payout_id)
   select credit.run_id, ${month}, credit.user_id, credit.net_cents, case
       when payout.id is not null then null
       when credit.net_cents < ${terms.minimumCents} then 'below_minimum'
       when account.account_id is null then 'no_payout_account' else 'account_restricted' end,
     case when payout.id is null then (${cutoff} + interval '1 month')::date end, payout.id
   from payouts.writer_credit as credit
   left join payouts.payout_account as account using (user_id)
   left join payouts.payout on payout.user_id = credit.user_id and payout.run_id = credit.run_id
   where credit.run_id = ${runId} order by credit.user_id`,
  `insert into payouts.ledger_transfer ${transferColumns}
   select 'creator_earning:' || run_id || ':' || user_id, 'creator_earning', ${month}, 'control', 'payable:' || user_id,
     net_cents, ${common}
   from payouts.writer_credit where run_id = ${runId} and net_cents > 0 order by user_id`,
  `insert into payouts.ledger_transfer ${transferColumns}
   select 'payout_reserved:' || id, 'payout_reserved', ${month}, 'payable:' || user_id, 'in_flight:' || user_id, gross_cents,
     'usd', ${cutoff}, ${cutoff}, null, null
   from payouts.payout where run_id = ${runId} order by user_id`,
  `insert into payouts.ledger_account (id, type, currency, minimum_cents, hot, debited_cents, credited_cents)
   select 'control', 'asset', 'usd', null, true, sum(net_cents)::bigint, 0 from payouts.writer_credit where run_id = ${runId}
   union all
   select 'payable:' || credit.user_id, 'liability', 'usd', 0, false, coalesce(payout.gross_cents, 0), credit.net_cents
   from payouts.writer_credit as credit
   left join payouts.payout on payout.user_id = credit.user_id and payout.run_id = credit.run_id
   where credit.run_id = ${runId} and credit.net_cents > 0
   union all
   select 'in_flight:' || user_id, 'liability', 'usd', 0, false, 0, gross_cents from payouts.payout where run_id = ${runId}`,
];
