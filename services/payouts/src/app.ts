import { ledgerMigrations } from '@wewrite/ledger';
import type { ServiceDefinition } from '@wewrite/service-kit';
import { createStripeClient } from '@wewrite/service-kit/stripe';
import { applyWaitingReversals } from './adjustments/wait-for-credits.ts';
import { writeOffReceivable } from './adjustments/write-off.ts';
import { checkDueBooks } from './check-books.ts';
import { chooseEscrow } from './choose-escrow.ts';
import { type Config, environment } from './config.ts';
import type { Context } from './context.ts';
import type { Schema } from './db.ts';
import { hearings } from './events.ts';
import { explainPayout } from './explain-payout.ts';
import { exportPayouts } from './export-payouts.ts';
import { judgeRehearsal } from './judge-rehearsal.ts';
import { judgeWriters } from './judge-writers.ts';
import { openPayoutAccount } from './open-payout-account.ts';
import { cancelPayout } from './operate/cancel-payout.ts';
import { holdPayout } from './operate/hold-payout.ts';
import { resumePayouts } from './operate/resume-payouts.ts';
import { retryPayout } from './operate/retry-payout.ts';
import { readMonthPayouts } from './read-month-payouts.ts';
import { readNextPayout } from './read-next-payout.ts';
import { readObligations } from './read-obligations.ts';
import { readPayouts } from './read-payouts.ts';
import { readRehearsedPayouts } from './read-rehearsed-payouts.ts';
import { refreshAccounts } from './refresh-accounts.ts';
import { sendTransfers } from './send-transfers.ts';
import { pacedStripe, stripePace } from './stripe-pace.ts';
import { sweepPayouts } from './sweep-payouts.ts';

/** The service that pays writers. */
export const payouts: ServiceDefinition<Config, Schema> = {
  name: 'payouts',
  version: '0.1.0',
  environment,
  migrations: [ledgerMigrations, { name: 'payouts', directory: new URL('../migrations/', import.meta.url) }],
  create: (kit) => {
    const stripe = createStripeClient(kit.config, kit.telemetry);
    const requestsPerSecond = kit.config.STRIPE_REQUESTS_PER_SECOND;
    const pace = stripePace({ requestsPerSecond, database: kit.database, time: kit.time });
    const context: Context = {
      ...kit,
      stripe: pacedStripe(stripe, pace),
      escrow: chooseEscrow(kit.config, stripe),
      pace,
    };
    return {
      hearings: hearings(context),
      loops: [
        judgeWriters(context),
        judgeRehearsal(context),
        ...sendTransfers(context),
        sweepPayouts(context),
        applyWaitingReversals(context),
        checkDueBooks(context),
        refreshAccounts(context),
      ],
      routes: (server) => {
        openPayoutAccount(server, context);
        readNextPayout(server, context);
        readPayouts(server, context);
        exportPayouts(server, context);
        explainPayout(server, context);
        readMonthPayouts(server, context);
        readRehearsedPayouts(server, context);
        retryPayout(server, context);
        holdPayout(server, context);
        cancelPayout(server, context);
        resumePayouts(server, context);
        readObligations(server, context);
        writeOffReceivable(server, context);
      },
    };
  },
};
