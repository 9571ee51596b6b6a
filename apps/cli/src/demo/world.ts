import type { Month } from '@wewrite/contracts';
import type Stripe from 'stripe';
import type { CheckedInput } from '../input/load-input.ts';
import type { Printer } from '../printer.ts';
import type { Tokens } from '../stack/tokens.ts';
import type { Api } from './api.ts';
import type { Steering } from './steering.ts';

/** What the demo's story plays with. */
export interface World {
  readonly input: CheckedInput;
  /** The months that will be closed, in order. */
  readonly months: readonly [Month, ...Month[]];
  /** The gateway. */
  readonly api: Api;
  readonly tokens: Tokens;
  readonly steering: Steering;
  readonly sandboxUrl: string;
  /** Stripe, for what happens there without us: a card that breaks. */
  readonly stripe: Stripe;
  readonly printer: Printer;
}

/** How many requests are under way at the same time. */
export const parallelRequests = 32;

/** The token of a user of the input. */
export function tokenOf({ tokens }: Pick<World, 'tokens'>, userId: string): string {
  const token = tokens.users[userId];
  if (token === undefined) throw new Error(`${userId} has no token.`);
  return token;
}
