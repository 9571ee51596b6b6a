import type Stripe from 'stripe';
import { schedule } from '../engine/due-work.ts';
import { endpoint } from '../engine/endpoint.ts';
import { emit } from '../engine/events.ts';
import type { Stored } from '../engine/stored.ts';
import type { Turn } from '../engine/turn.ts';
import { type BalanceTransaction, balanceTransactions } from './balance-transaction.ts';

type Balance = Stored<Stripe.Balance>;

const currency = 'usd';

export const balanceEndpoints = [endpoint('GET', '/v1/balance', {}, (turn) => readBalance(turn))];

/**
 * Records a movement and moves the balance with it. `balance.available` follows when pending money becomes available,
 * and, at once, for money that never was pending.
 */
export function post(turn: Turn, transaction: BalanceTransaction): void {
  turn.store.insert(balanceTransactions, transaction, turn.nowSeconds);
  const pending = transaction.status === 'pending';
  addToBalance(turn, pending ? { pendingCents: transaction.net } : { availableCents: transaction.net });
  // Planned rather than said, so that a thousand charges of one instant make one event.
  if (transaction.net > 0) schedule(turn, transaction.available_on, 'funds_available', '');
}

/** What can be transferred now. */
export function availableCents(turn: Turn): number {
  return totals(turn).availableCents;
}

/** Due step: the money whose time has come becomes available. */
export function makeFundsAvailable(turn: Turn): void {
  const ripe = `status = 'pending' AND body ->> '$.available_on' <= ?`;
  const table = balanceTransactions.table;
  const row = turn.store.row(`SELECT sum(body ->> '$.net') AS net FROM ${table} WHERE ${ripe}`, turn.nowSeconds);
  const netCents = Number(row?.net ?? 0);
  turn.store.run(
    `UPDATE ${table} SET status = 'available', body = json_set(body, '$.status', 'available') WHERE ${ripe}`,
    turn.nowSeconds,
  );
  addToBalance(turn, { availableCents: netCents, pendingCents: -netCents });
  emit(turn, 'balance.available', readBalance(turn));
  schedule(turn, turn.nowSeconds, 'send_pending_refunds', '');
}

function readBalance(turn: Turn): Balance {
  const { availableCents: available, pendingCents: pending } = totals(turn);
  return {
    object: 'balance',
    available: [{ amount: available, currency, source_types: { card: available } }],
    connect_reserved: [{ amount: 0, currency }],
    livemode: false,
    pending: [{ amount: pending, currency, source_types: { card: pending } }],
  };
}

function totals(turn: Turn): { availableCents: number; pendingCents: number } {
  const row = turn.store.row('SELECT available_cents, pending_cents FROM balance_total WHERE currency = ?', currency);
  return { availableCents: Number(row?.available_cents ?? 0), pendingCents: Number(row?.pending_cents ?? 0) };
}

function addToBalance(
  turn: Turn,
  { availableCents: available = 0, pendingCents: pending = 0 }: { availableCents?: number; pendingCents?: number },
): void {
  turn.store.run(
    `INSERT INTO balance_total (currency, available_cents, pending_cents) VALUES (?, ?, ?)
     ON CONFLICT (currency) DO UPDATE SET available_cents = available_cents + excluded.available_cents,
     pending_cents = pending_cents + excluded.pending_cents`,
    currency,
    available,
    pending,
  );
}
