import type { ServiceContext } from '@wewrite/service-kit';
import type { StripeClient } from '@wewrite/service-kit/stripe';
import type { Config } from './config.ts';
import type { Schema } from './db.ts';
import type { Escrow } from './escrow.ts';
import type { StripePace } from './stripe-pace.ts';

/** What a use case of payouts gets. */
export interface Context extends ServiceContext<Config, Schema> {
  /** For all but transfers: each call waits for its turn (D6). */
  readonly stripe: StripeClient;
  /** For transfers, whose turns are planned when they are claimed. */
  readonly escrow: Escrow;
  readonly pace: StripePace;
}

/** The loops of the service, by the names that wake them. */
export const loopNames = {
  judge: 'judge',
  rehearse: 'rehearse',
  transfers: 'transfers',
  moreTransfers: 'more_transfers',
  accounts: 'accounts',
  sweep: 'sweep',
  books: 'check_books',
  reversals: 'reversals',
} as const;

/** Makes both loops of transfers look for work now. */
export function wakeTransferLoops(context: Pick<Context, 'wake'>): void {
  context.wake(loopNames.transfers);
  context.wake(loopNames.moreTransfers);
}
