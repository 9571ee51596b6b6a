import type { BenchDatabase } from './servers.ts';
import { runOf, type World } from './world.ts';

/** What a close has left behind, part by part: the number of rows, their cents, and a hash over them in any order. */
export type Outcome = Readonly<Record<string, PartOfOutcome>>;

/** Rows that have to be the same whoever closed the month. */
export interface PartOfOutcome {
  readonly rows: number;
  readonly cents: number;
  readonly hash: string;
}

/** Each part as a query of two columns: the cents of a row, and everything of the row that has to be the same. */
const queries: Readonly<Record<string, string>> = {
  lines: `select funded_cents as cents, row(user_id, resource_type, resource_id, recipient_user_id, usd_cents, funded_cents)
    from earnings.line where run_id = $1`,
  'supporters’ months': `select paid_cents as cents, row(user_id, paid_cents, funded_cents, unallocated_cents, unfunded_cents)
    from earnings.supporter_month where run_id = $1`,
  'writers’ months': `select net_cents as cents, row(recipient_user_id, gross_cents, fee_cents, net_cents, line_count,
      last_extra_remainder, last_extra_line_id)
    from earnings.writer_month where run_id = $1`,
  'general ledger': `select amount_cents as cents, row(kind, month, debit_account_id, credit_account_id, amount_cents)
    from billing.ledger_transfer`,
  'general balances': `select balance_cents as cents, row(account_id, type, debited_cents, credited_cents)
    from billing.ledger_balance`,
  'sub-ledger': `select amount_cents as cents, row(kind, month, debit_account_id, credit_account_id, amount_cents)
    from payouts.ledger_transfer`,
  'sub-balances': `select balance_cents as cents, row(account_id, type, debited_cents, credited_cents)
    from payouts.ledger_balance`,
  judgements: `select payable_cents as cents, row(user_id, payable_cents, reason, next_date) from payouts.judgement where run_id = $1`,
  payouts: `select net_cents as cents, row(user_id, account_id, gross_cents, processing_fee_cents, net_cents)
    from payouts.payout where run_id = $1`,
};

/** Reads what a close has left in a database. */
export async function readOutcome(database: BenchDatabase, world: World): Promise<Outcome> {
  const { runId } = runOf(world);
  return database.asSuperuser(async (client) => {
    const parts: Record<string, PartOfOutcome> = {};
    for (const [name, query] of Object.entries(queries)) {
      const { rows } = await client.query<PartOfOutcome>(
        `select count(*)::integer as rows, coalesce(sum(cents), 0)::double precision as cents,
           coalesce(sum(hashtextextended(part::text, 0)), 0)::text as hash
         from (${query}) as part (cents, part)`,
        query.includes('$1') ? [runId] : [],
      );
      if (rows[0] !== undefined) parts[name] = rows[0];
    }
    return parts;
  });
}

/** The parts in which two closes of one world differ, each with both sides; empty when they are the same to the cent. */
export function differencesBetween(left: Outcome, right: Outcome): string[] {
  return [...new Set([...Object.keys(left), ...Object.keys(right)])]
    .filter((name) => left[name]?.hash !== right[name]?.hash || left[name]?.rows !== right[name]?.rows)
    .map((name) => `${name}: ${textOf(left[name])} and ${textOf(right[name])}`);
}

function textOf(part: PartOfOutcome | undefined): string {
  return part === undefined ? 'nothing' : `${part.rows} rows of ${part.cents} ¢ (${part.hash})`;
}
