import type Stripe from 'stripe';
import { defineCollection } from '../engine/collections.ts';
import { endpoint } from '../engine/endpoint.ts';
import { metadata } from '../engine/metadata.ts';
import { newId } from '../engine/object-ids.ts';
import { flag, words } from '../engine/parameters.ts';
import type { Stored } from '../engine/stored.ts';
import { missing, refused } from '../engine/stripe-failure.ts';
import type { Turn } from '../engine/turn.ts';

export type Product = Stored<Stripe.Product>;

export const products = defineCollection<Product>('product');

export const productEndpoints = [
  endpoint(
    'POST',
    '/v1/products',
    {
      id: words.optional(),
      name: words,
      description: words.optional(),
      active: flag.optional(),
      metadata: metadata.optional(),
    },
    (turn, parameters) => {
      const id = parameters.id ?? newId('prod');
      if (turn.store.find(products, id) !== undefined) {
        throw refused(`Product already exists: ${id}`, { code: 'resource_already_exists', param: 'id' });
      }
      const product = newProduct(turn, { ...parameters, id });
      turn.store.insert(products, product, turn.nowSeconds);
      return product;
    },
  ),
  endpoint('GET', '/v1/products/:id', {}, (turn, _parameters, id) => requireProduct(turn, id, 'id')),
];

/** The product of that id, or Stripe's refusal naming the parameter that held it. */
export function requireProduct(turn: Turn, id: string, param: string): Product {
  const product = turn.store.find(products, id);
  if (product === undefined) throw missing('product', id, param);
  return product;
}

function newProduct(
  turn: Turn,
  given: {
    id: string;
    name: string;
    description?: string | undefined;
    active?: boolean | undefined;
    metadata?: Record<string, string> | undefined;
  },
): Product {
  return {
    id: given.id,
    object: 'product',
    active: given.active ?? true,
    created: turn.nowSeconds,
    default_price: null,
    description: given.description ?? null,
    images: [],
    livemode: false,
    marketing_features: [],
    metadata: given.metadata ?? {},
    name: given.name,
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    tax_code: null,
    tax_details: null,
    type: 'service',
    unit_label: null,
    updated: turn.nowSeconds,
    url: null,
  };
}
