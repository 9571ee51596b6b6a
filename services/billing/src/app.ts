import { ledgerMigrations } from '@wewrite/ledger';
import type { ServiceDefinition } from '@wewrite/service-kit';
import { createStripeClient } from '@wewrite/service-kit/stripe';
import { explainInvoice } from './books/explain-invoice.ts';
import { listLedger } from './books/list-ledger.ts';
import { readRevenue } from './books/read-revenue.ts';
import { checkDueBooks } from './close/check-due-books.ts';
import { chooseEscrow } from './close/choose-escrow.ts';
import { fundEscrow } from './close/fund-escrow.ts';
import { postEarnings } from './close/post-earnings.ts';
import { readEscrow } from './close/read-escrow.ts';
import { withdrawRevenue } from './close/withdraw-revenue.ts';
import { type BillingConfig, environment } from './config.ts';
import type { BillingContext } from './context.ts';
import type { BillingSchema } from './db.ts';
import { hearings } from './events.ts';
import { announceMonths } from './funding/announce-months.ts';
import { closeFunding } from './funding/close-funding.ts';
import { listInvoices } from './funding/list-invoices.ts';
import { readFunding } from './funding/read-funding.ts';
import { sweepPayments } from './funding/sweep-payments.ts';
import { listRefundOrders } from './reversals/list-refund-orders.ts';
import { listSuspense } from './reversals/list-suspense.ts';
import { retryRefund } from './reversals/retry-refund.ts';
import { sendRefunds } from './reversals/send-refunds.ts';
import { fetchMissedEvents } from './stripe/fetch-missed-events.ts';
import { listEvents } from './stripe/list-events.ts';
import { processEvents } from './stripe/process-events.ts';
import { productOf } from './stripe/product.ts';
import { receiveWebhooks } from './stripe/receive-webhook.ts';
import { replayEvent } from './stripe/replay-event.ts';
import { changeSubscription } from './subscription/change-subscription.ts';
import { openPortal } from './subscription/open-portal.ts';
import { readSubscription } from './subscription/read-subscription.ts';
import { subscribe } from './subscription/subscribe.ts';
import { sweepMonths, sweepRenewals } from './subscription/sweep-renewals.ts';

export { handledTypes } from './stripe/stripe-event.ts';

/** Billing: subscriptions, invoices, funding, the general ledger and escrow; the only door for Stripe's webhooks. */
export const billing: ServiceDefinition<BillingConfig, BillingSchema> = {
  name: 'billing',
  version: '0.1.0',
  environment,
  migrations: [ledgerMigrations, { name: 'billing', directory: new URL('../migrations/', import.meta.url) }],
  create: (parts) => {
    const stripe = createStripeClient(parts.config, parts.telemetry);
    const productId = productOf(stripe, parts.ids, parts.config.STRIPE_PRODUCT_ID);
    const context: BillingContext = { ...parts, stripe, productId, escrow: chooseEscrow(parts.config, stripe) };
    return {
      beforeStart: () => context.escrow.check(),
      routes: async (server) => {
        subscribe(server, context);
        readSubscription(server, context);
        openPortal(server, context);
        changeSubscription(server, context);
        readFunding(server, context);
        listInvoices(server, context);
        listLedger(server, context);
        readRevenue(server, context);
        explainInvoice(server, context);
        listSuspense(server, context);
        listRefundOrders(server, context);
        retryRefund(server, context);
        sweepMonths(server, context);
        listEvents(server, context);
        replayEvent(server, context);
        readEscrow(server, context);
        await receiveWebhooks(server, context);
      },
      hearings: hearings(context),
      loops: [
        processEvents(context),
        postEarnings(context),
        fundEscrow(context),
        sendRefunds(context),
        withdrawRevenue(context),
        checkDueBooks(context),
      ],
      schedules: [
        announceMonths(context),
        closeFunding(context),
        sweepPayments(context),
        sweepRenewals(context),
        fetchMissedEvents(context),
      ],
    };
  },
};
