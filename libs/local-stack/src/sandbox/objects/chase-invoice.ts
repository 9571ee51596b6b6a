import { z } from 'zod';
import { emit } from '../engine/events.ts';
import { refused } from '../engine/stripe-failure.ts';
import type { Turn } from '../engine/turn.ts';
import { collect } from './collect-invoice.ts';
import { planRetry } from './dunning.ts';
import { type Invoice, invoices, requireInvoice } from './invoice.ts';
import { settleSubscription } from './settle-subscription.ts';

/** Due step: a renewal that was not paid is tried again. */
export function retryInvoice(turn: Turn, id: string): void {
  const invoice = requireInvoice(turn, id);
  if (invoice.status !== 'open' || invoice.auto_advance !== true) return;
  const outcome = collect(turn, invoice);
  settleSubscription(turn, invoice, outcome);
  if (outcome !== 'paid') planRetry(turn, invoice);
}

/** What the holder of a card, or Stripe's tax engine, does to an invoice without a call of the API. */
export const invoiceScene = z.strictObject({
  scene: z.enum(['authenticate', 'fail_authentication', 'fail_finalization']),
});

/** The card's holder authenticates the payment of an open invoice, or fails to; or a draft cannot be finalized, and stays one. */
export function playInvoiceScene(turn: Turn, id: string, scene: z.output<typeof invoiceScene>['scene']): Invoice {
  const invoice = requireInvoice(turn, id);
  if (scene !== 'fail_finalization') {
    if (invoice.status !== 'open') throw refused('Only the payment of an open invoice can be authenticated.');
    const holder = scene === 'authenticate' ? 'authenticates' : 'fails';
    settleSubscription(turn, invoice, collect(turn, invoice, { holder }));
    return invoice;
  }
  if (invoice.status !== 'draft') throw refused('Only a draft can fail to be finalized.');
  invoice.auto_advance = false;
  invoice.automatically_finalizes_at = null;
  invoice.last_finalization_error = {
    type: 'invalid_request_error',
    code: 'customer_tax_location_invalid',
    message: 'The customer’s location cannot be determined.',
  };
  turn.store.replace(invoices, invoice);
  emit(turn, 'invoice.finalization_failed', invoice);
  return invoice;
}
