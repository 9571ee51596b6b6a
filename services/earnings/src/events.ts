import {
  allocationChanged,
  monthLocked,
  paymentReversed,
  payoutRequested,
  payoutSettled,
  scheduleChanged,
} from '@wewrite/contracts';
import { type Hearing, hears } from '@wewrite/service-kit';
import type { Context, Schema } from './db.ts';
import { keepOutcomes, keepRequests } from './explain/keep-payouts.ts';
import { keepSchedules, keepStanding } from './outlook/keep-standing.ts';
import { queueReversals } from './reversals/queue-reversals.ts';
import { storeLocked } from './store-chunks.ts';

/** What the service hears. What it says is built in `say-earnings.ts`, `reversals/` and `holds/`. */
export function hearingsOf(context: Context): Hearing<Schema>[] {
  const store: Parameters<typeof hears<Schema, typeof monthLocked>>[1] = (tx, messages) =>
    storeLocked(context, tx, messages);
  return [
    hears(monthLocked, store, { rehearse: store }),
    hears(paymentReversed, (tx, messages) => queueReversals(context, tx, messages)),
    hears(payoutRequested, keepRequests),
    hears(payoutSettled, keepOutcomes),
    hears(allocationChanged, keepStanding),
    hears(scheduleChanged, keepSchedules),
  ];
}
