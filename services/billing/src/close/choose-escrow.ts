import type { StripeClient } from '@wewrite/service-kit/stripe';
import type { BillingConfig } from '../config.ts';
import { connectEscrow } from './connect-escrow.ts';
import type { EscrowAdapter } from './escrow-adapter.ts';
import { storageEscrow } from './storage-escrow.ts';

/** The adapter that is configured. */
export function chooseEscrow(config: BillingConfig, stripe: StripeClient): EscrowAdapter {
  if (config.ESCROW === 'connect') return connectEscrow;
  if (config.STRIPE_FINANCIAL_ACCOUNT_ID === undefined) throw new Error('storage has no financial account');
  return storageEscrow(stripe, config.STRIPE_FINANCIAL_ACCOUNT_ID);
}
