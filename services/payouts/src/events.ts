import {
  earningsCalculated,
  earningsReversed,
  escrowFunded,
  holdChanged,
  payoutRequested,
  stripeReceived,
} from '@wewrite/contracts';
import { type Hearing, hears } from '@wewrite/service-kit';
import { applyHolds } from './adjustments/apply-holds.ts';
import { takeReversals } from './adjustments/wait-for-credits.ts';
import type { Context } from './context.ts';
import { creditEarnings } from './credit-earnings.ts';
import type { Schema } from './db.ts';
import { queueTransfers } from './queue-transfers.ts';
import { queueRefresh } from './refresh-accounts.ts';
import { rehearseCredits } from './rehearse-credits.ts';
import { takeEscrow } from './take-escrow.ts';
import { wakeTransfers } from './wake-transfers.ts';

/** What payouts hears. */
export function hearings(context: Context): readonly Hearing<Schema>[] {
  return [
    hears<Schema, typeof earningsCalculated>(
      earningsCalculated,
      (tx, messages) => creditEarnings(context, tx, messages),
      { rehearse: (tx, messages) => rehearseCredits(context, tx, messages) },
    ),
    hears<Schema, typeof earningsReversed>(earningsReversed, (tx, messages) => takeReversals(context, tx, messages)),
    hears<Schema, typeof holdChanged>(holdChanged, (tx, messages) => applyHolds(context, tx, messages)),
    hears<Schema, typeof escrowFunded>(escrowFunded, (tx, messages) => takeEscrow(context, tx, messages)),
    hears<Schema, typeof payoutRequested>(payoutRequested, (tx, messages) => queueTransfers(context, tx, messages)),
    hears<Schema, typeof stripeReceived>(stripeReceived, async (tx, messages) => {
      await queueRefresh(context, tx, messages);
      await wakeTransfers(context, tx, messages);
    }),
  ];
}
