import { endpoint } from '../engine/endpoint.ts';
import { flag, words } from '../engine/parameters.ts';
import { missing, refused, StripeFailure } from '../engine/stripe-failure.ts';
import { collect, finalizeInvoice } from './collect-invoice.ts';
import { requireInvoice } from './invoice.ts';
import { failureOf, paymentMethods } from './payment-method.ts';
import { settleSubscription } from './settle-subscription.ts';

export const payInvoiceEndpoints = [
  endpoint(
    'POST',
    '/v1/invoices/:id/pay',
    { off_session: flag.optional(), payment_method: words.optional() },
    (turn, parameters, id) => {
      const invoice = requireInvoice(turn, id);
      if (invoice.status === 'paid') throw refused('Invoice is already paid', { code: 'invoice_already_paid' });
      if (invoice.status === 'void') {
        throw refused("Invoice is void and can't be paid.");
      }
      const card = parameters.payment_method;
      const known = card === undefined ? undefined : turn.store.find(paymentMethods, card);
      if (card !== undefined && known?.customer !== invoice.customer) {
        throw missing('PaymentMethod', card, 'payment_method');
      }
      const stands = invoice.status === 'draft' ? finalizeInvoice(turn, invoice) : 'open';
      const outcome = stands === 'paid' ? 'paid' : collect(turn, invoice, { paymentMethodId: card });
      settleSubscription(turn, invoice, outcome);
      if (outcome === 'paid') return invoice;
      // The attempt has been made and stays on record, although the call fails.
      const why =
        outcome === 'no_payment_method'
          ? { type: 'invalid_request_error' as const, message: 'There is no default payment method for this invoice.' }
          : failureOf(outcome);
      throw new StripeFailure(outcome === 'no_payment_method' ? 400 : 402, why, { keepsEffects: true });
    },
  ),
];
