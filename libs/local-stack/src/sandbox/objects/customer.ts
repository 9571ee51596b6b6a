import type Stripe from 'stripe';
import { z } from 'zod';
import { defineCollection } from '../engine/collections.ts';
import { endpoint, type ParametersOf } from '../engine/endpoint.ts';
import { mergeMetadata, metadata } from '../engine/metadata.ts';
import { newId, randomLetters } from '../engine/object-ids.ts';
import type { Stored } from '../engine/stored.ts';
import { missing, refused } from '../engine/stripe-failure.ts';
import type { Turn } from '../engine/turn.ts';
import { paymentMethods } from './payment-method.ts';

export type Customer = Stored<Stripe.Customer>;

export const customers = defineCollection<Customer>('customer');

const given = {
  email: z.string().optional(),
  name: z.string().optional(),
  description: z.string().optional(),
  metadata: metadata.optional(),
  invoice_settings: z.strictObject({ default_payment_method: z.string().optional() }).optional(),
};

export const customerEndpoints = [
  endpoint('POST', '/v1/customers', given, (turn, parameters) => {
    const customer = newCustomer(turn);
    change(turn, customer, parameters);
    turn.store.insert(customers, customer, turn.nowSeconds);
    return customer;
  }),
  endpoint('POST', '/v1/customers/:id', given, (turn, parameters, id) => {
    const customer = requireCustomer(turn, id, 'id');
    change(turn, customer, parameters);
    turn.store.replace(customers, customer);
    return customer;
  }),
  endpoint('GET', '/v1/customers/:id', {}, (turn, _parameters, id) => requireCustomer(turn, id, 'id')),
];

/** The customer of that id, or Stripe's refusal naming the parameter that held it. */
export function requireCustomer(turn: Turn, id: string, param: string): Customer {
  const customer = turn.store.find(customers, id);
  if (customer === undefined) throw missing('customer', id, param);
  return customer;
}

function change(turn: Turn, customer: Customer, changes: ParametersOf<typeof given>): void {
  if (changes.email !== undefined) customer.email = changes.email || null;
  if (changes.name !== undefined) customer.name = changes.name || null;
  if (changes.description !== undefined) customer.description = changes.description || null;
  customer.metadata = mergeMetadata(customer.metadata, changes.metadata);
  const paymentMethod = changes.invoice_settings?.default_payment_method;
  if (paymentMethod === undefined) return;
  if (paymentMethod !== '') requireAttached(turn, customer, paymentMethod);
  customer.invoice_settings.default_payment_method = paymentMethod || null;
}

function requireAttached(turn: Turn, customer: Customer, paymentMethodId: string): void {
  const param = 'invoice_settings[default_payment_method]';
  const paymentMethod = turn.store.find(paymentMethods, paymentMethodId);
  if (paymentMethod === undefined) throw missing('PaymentMethod', paymentMethodId, param);
  if (paymentMethod.customer !== customer.id) {
    throw refused(
      `The customer does not have a payment method with the ID ${paymentMethodId}. The payment method must be attached to the customer.`,
      { code: 'resource_missing', param },
    );
  }
}

function newCustomer(turn: Turn): Customer {
  return {
    id: newId('cus'),
    object: 'customer',
    address: null,
    balance: 0,
    created: turn.nowSeconds,
    currency: null,
    customer_account: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email: null,
    invoice_prefix: randomLetters(8).toUpperCase(),
    invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
    livemode: false,
    metadata: {},
    name: null,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: null,
  };
}
