import type { Collection, StripeObject } from '../engine/collections.ts';
import type { DueSteps } from '../engine/due-work.ts';
import type { Endpoint } from '../engine/endpoint.ts';
import { snapshotEvents, thinEvents } from '../engine/events.ts';
import type { Expansions } from '../engine/expand.ts';
import { accountEndpoints, accounts } from './account.ts';
import { accountLinkEndpoints } from './account-link.ts';
import { attachPaymentMethodEndpoints } from './attach-payment-method.ts';
import { balanceEndpoints, makeFundsAvailable } from './balance.ts';
import { balanceSettings, balanceSettingsEndpoints } from './balance-settings.ts';
import { balanceTransactionEndpoints, balanceTransactions } from './balance-transaction.ts';
import { billingPortalEndpoints, portalConfigurations, portalSessions } from './billing-portal.ts';
import { cancelSubscriptionEndpoints } from './cancel-subscription.ts';
import { chargeEndpoints, charges } from './charge.ts';
import { retryInvoice } from './chase-invoice.ts';
import { checkoutOrders, checkoutSessionEndpoints, checkoutSessions, expireCheckout } from './checkout-session.ts';
import { finalizeAndCollect } from './collect-invoice.ts';
import { createRefundEndpoints } from './create-refund.ts';
import { createSubscriptionEndpoints } from './create-subscription.ts';
import { customerEndpoints, customers } from './customer.ts';
import { disputeEndpoints, disputes } from './dispute.ts';
import { openDispute } from './dispute-charge.ts';
import { cancelOutboundPaymentEndpoints, postOutboundPayment } from './end-outbound-payment.ts';
import { eventEndpoints } from './event.ts';
import { eventDestinationEndpoints, eventDestinations } from './event-destination.ts';
import { financialAccountEndpoints, financialAccounts } from './financial-account.ts';
import { invoiceEndpoints, invoices } from './invoice.ts';
import { invoicePaymentEndpoints, invoicePayments, paymentsOf } from './invoice-payment.ts';
import { outboundPaymentEndpoints, outboundPayments } from './outbound-payment.ts';
import { payInvoiceEndpoints } from './pay-invoice.ts';
import { paymentIntentEndpoints, paymentIntents } from './payment-intent.ts';
import { paymentMethods } from './payment-method.ts';
import { payoutEndpoints, payouts } from './payout.ts';
import { expirePendingUpdate } from './pending-update.ts';
import { previewInvoiceEndpoints } from './preview-invoice.ts';
import { productEndpoints, products } from './product.ts';
import { receivedCreditEndpoints, receivedCredits } from './received-credit.ts';
import { refundEndpoints, refunds } from './refund.ts';
import { expireSubscription, renewSubscription } from './renew-subscription.ts';
import { reverseTransferEndpoints, transferReversals } from './reverse-transfer.ts';
import { failRefund, sendPendingRefunds } from './send-refund.ts';
import { advancePayout } from './settle-payout.ts';
import { storageTransactionEndpoints, storageTransactions } from './storage-transaction.ts';
import { subscriptionEndpoints, subscriptions } from './subscription.ts';
import { topups } from './topup.ts';
import { transferEndpoints, transfers } from './transfer.ts';
import { updateSubscriptionEndpoints } from './update-subscription.ts';
import { voidInvoiceEndpoints } from './void-invoice.ts';
import { webhookEndpointEndpoints, webhookEndpoints } from './webhook-endpoint.ts';

/** Every kind of object that the sandbox holds. */
export const collections: ReadonlyArray<Collection<StripeObject>> = [
  accounts,
  balanceSettings,
  balanceTransactions,
  charges,
  checkoutOrders,
  checkoutSessions,
  customers,
  disputes,
  eventDestinations,
  financialAccounts,
  invoices,
  invoicePayments,
  outboundPayments,
  paymentIntents,
  paymentMethods,
  payouts,
  portalConfigurations,
  portalSessions,
  products,
  receivedCredits,
  refunds,
  snapshotEvents,
  storageTransactions,
  subscriptions,
  thinEvents,
  topups,
  transferReversals,
  transfers,
  webhookEndpoints,
];

/** Every call of Stripe's API that it answers. */
export const endpoints: readonly Endpoint[] = [
  ...accountEndpoints,
  ...accountLinkEndpoints,
  ...balanceEndpoints,
  ...balanceSettingsEndpoints,
  ...balanceTransactionEndpoints,
  ...billingPortalEndpoints,
  ...cancelOutboundPaymentEndpoints,
  ...cancelSubscriptionEndpoints,
  ...chargeEndpoints,
  ...checkoutSessionEndpoints,
  ...createRefundEndpoints,
  ...createSubscriptionEndpoints,
  ...customerEndpoints,
  ...disputeEndpoints,
  ...eventDestinationEndpoints,
  ...eventEndpoints,
  ...financialAccountEndpoints,
  ...invoiceEndpoints,
  ...invoicePaymentEndpoints,
  ...outboundPaymentEndpoints,
  ...payInvoiceEndpoints,
  ...paymentIntentEndpoints,
  ...attachPaymentMethodEndpoints,
  ...payoutEndpoints,
  ...previewInvoiceEndpoints,
  ...productEndpoints,
  ...receivedCreditEndpoints,
  ...refundEndpoints,
  ...storageTransactionEndpoints,
  ...subscriptionEndpoints,
  ...reverseTransferEndpoints,
  ...transferEndpoints,
  ...updateSubscriptionEndpoints,
  ...voidInvoiceEndpoints,
  ...webhookEndpointEndpoints,
];

/** What time does. */
export const dueSteps: DueSteps = {
  advance_payout: advancePayout,
  expire_checkout: expireCheckout,
  expire_pending_update: expirePendingUpdate,
  expire_subscription: expireSubscription,
  fail_refund: failRefund,
  finalize_invoice: finalizeAndCollect,
  funds_available: makeFundsAvailable,
  open_dispute: (turn, chargeId) => openDispute(turn, chargeId, false),
  open_inquiry: (turn, chargeId) => openDispute(turn, chargeId, true),
  post_outbound_payment: postOutboundPayment,
  renew_subscription: renewSubscription,
  retry_invoice: retryInvoice,
  send_pending_refunds: sendPendingRefunds,
};

/** What `expand` can replace. */
export const expansions: Expansions = {
  byPrefix: {
    ch: charges,
    cus: customers,
    du: disputes,
    in: invoices,
    pi: paymentIntents,
    pm: paymentMethods,
    po: payouts,
    re: refunds,
    sub: subscriptions,
    tr: transfers,
    trr: transferReversals,
    tu: topups,
    txn: balanceTransactions,
  },
  byField: { product: products },
  included: { 'invoice.payments': (store, invoice) => paymentsOf(store, String(invoice.id)) },
};
