import type { ServiceContext } from '@wewrite/service-kit';
import type { StripeClient } from '@wewrite/service-kit/stripe';
import type { Transaction } from 'kysely';
import type { EscrowAdapter } from './close/escrow-adapter.ts';
import type { BillingConfig } from './config.ts';
import type { BillingSchema } from './db.ts';
import type { ProductId } from './stripe/product.ts';

/** What a use case of billing gets. */
export interface BillingContext extends ServiceContext<BillingConfig, BillingSchema> {
  readonly stripe: StripeClient;
  readonly productId: ProductId;
  readonly escrow: EscrowAdapter;
}

export type BillingTransaction = Transaction<BillingSchema>;
