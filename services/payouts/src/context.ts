import type { ServiceContext } from '@wewrite/service-kit';
import type { StripeClient } from '@wewrite/service-kit/stripe';
import type { Config } from './config.ts';
import type { Schema } from './db.ts';
import type { Escrow } from './escrow.ts';

/** What a use case of payouts gets. */
export interface Context extends ServiceContext<Config, Schema> {
  readonly stripe: StripeClient;
  readonly escrow: Escrow;
}

/** The loops of the service, by the names that wake them. */
export const loopNames = {
  judge: 'judge',
  rehearse: 'rehearse',
  transfers: 'transfers',
  accounts: 'accounts',
} as const;
