import type { Store } from './store.ts';
import type { Turn } from './turn.ts';

/** What the passing of time does. */
export type DueKind =
  | 'advance_payout'
  | 'expire_checkout'
  | 'expire_pending_update'
  | 'expire_subscription'
  | 'fail_refund'
  | 'finalize_invoice'
  | 'funds_available'
  | 'open_dispute'
  | 'open_inquiry'
  | 'post_outbound_payment'
  | 'renew_subscription'
  | 'retry_invoice'
  | 'send_pending_refunds';

/** What to do for each kind; a step finds for itself whether it still applies. */
export type DueSteps = Readonly<Record<DueKind, (turn: Turn, id: string) => void>>;

/** Plans a step at an instant of business time; planning it twice is planning it once. */
export function schedule(turn: Turn, atSeconds: number, kind: DueKind, id: string): void {
  turn.store.run('INSERT INTO due (at, kind, id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING', atSeconds, kind, id);
}

/**
 * Takes up to `limit` steps that are due by `untilSeconds`, in order of time, each as a turn at its own instant.
 * Gives the instants that were reached; none when nothing is due. Runs inside a transaction.
 */
export function takeDueSteps(
  store: Store,
  steps: DueSteps,
  { untilSeconds, limit, baseUrl }: { untilSeconds: number; limit: number; baseUrl: string },
): number[] {
  const reached: number[] = [];
  while (reached.length < limit) {
    // One at a time: a step may plan another that comes before the next one in the queue.
    const row = store.row('SELECT at, kind, id FROM due WHERE at <= ? ORDER BY at, kind, id LIMIT 1', untilSeconds);
    if (row === undefined) break;
    const at = Number(row.at);
    const kind = String(row.kind);
    const id = String(row.id);
    store.run('DELETE FROM due WHERE at = ? AND kind = ? AND id = ?', at, kind, id);
    if (!isDueKind(steps, kind)) throw new Error(`unknown due step ${kind}`);
    steps[kind]({ store, nowSeconds: at, cause: null, baseUrl }, id);
    reached.push(at);
  }
  return reached;
}

/** How many steps are due by an instant. */
export function countDueSteps(store: Store, untilSeconds: number): number {
  return Number(store.row('SELECT count(*) AS count FROM due WHERE at <= ?', untilSeconds)?.count ?? 0);
}

function isDueKind(steps: DueSteps, kind: string): kind is DueKind {
  return Object.hasOwn(steps, kind);
}
