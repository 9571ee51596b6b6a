import { z } from 'zod';
import type { Store } from './store.ts';

/** How the sandbox behaves where Stripe leaves it open. */
const settings = z.strictObject({
  /** Business time between `payouts.create` and the money's arrival in storage. */
  payoutDelaySeconds: z.int().min(0),
  /** Business time between `outboundPayments.create` and `posted`. */
  outboundPaymentDelaySeconds: z.int().min(0),
  /** On which days after its finalization a renewal that was not paid is tried again. */
  dunningRetryDays: z.array(z.int().min(1).max(27)).max(8),
  /** What becomes of a renewal that was tried in vain for the last time. */
  dunningEnd: z.enum(['leave_open', 'mark_uncollectible', 'cancel_subscription']),
  /** Real time for which a new v2 object is missing from lists. */
  listLagMs: z.int().min(0),
  /** How many lists of its kind a new v2 object is missing from. */
  listLagCalls: z.int().min(0),
});

export type Settings = z.output<typeof settings>;

/** What is to be changed; the rest stays as it is. */
export const settingsChange = settings.partial();

/** Everything as soon as it can be: Stripe's own balances pay each other at once, and whoever waits has a clock. */
const untilChanged: Settings = {
  payoutDelaySeconds: 0,
  outboundPaymentDelaySeconds: 0,
  dunningRetryDays: [3, 5, 7],
  dunningEnd: 'leave_open',
  listLagMs: 0,
  listLagCalls: 0,
};

export function readSettings(store: Store): Settings {
  const row = store.row('SELECT body FROM settings');
  return row === undefined ? untilChanged : settings.parse({ ...untilChanged, ...JSON.parse(String(row.body)) });
}

/** Gives the settings after the change; they outlive the process. */
export function changeSettings(store: Store, change: z.output<typeof settingsChange>): Settings {
  const changed = { ...readSettings(store), ...change };
  store.run('INSERT OR REPLACE INTO settings (only, body) VALUES (1, ?)', JSON.stringify(changed));
  return settings.parse(changed);
}
