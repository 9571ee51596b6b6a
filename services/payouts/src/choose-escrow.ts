import type { StripeClient } from '@wewrite/service-kit/stripe';
import type { Config } from './config.ts';
import { connectEscrow } from './connect-escrow.ts';
import type { Escrow } from './escrow.ts';
import { storageEscrow } from './storage-escrow.ts';

/** The adapter that is configured. */
export function chooseEscrow(config: Config, stripe: StripeClient): Escrow {
  if (config.ESCROW === 'connect') return connectEscrow(stripe);
  if (config.STRIPE_FINANCIAL_ACCOUNT_ID === undefined) throw new Error('storage has no financial account');
  return storageEscrow(stripe, config.STRIPE_FINANCIAL_ACCOUNT_ID);
}
