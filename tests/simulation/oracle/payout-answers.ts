// D3, D4: what an operator is answered who keeps a payout back, lets it go, takes it back or has it looked up, by the deeds
// before.
import type { Deed } from '../deed.ts';
import type { Verdict } from './plan-answers.ts';
import { payoutNameOf, type Remembered } from './remembered.ts';

type PayoutDeed = Extract<Deed, { kind: 'payout_held' | 'payout_released' | 'payout_cancelled' | 'payout_retried' }>;

/** What an order about a payout is answered. */
export function foretellPayout({ keptBack }: Remembered, deed: PayoutDeed): ReadonlySet<Verdict> {
  const isKeptBack = keptBack.has(payoutNameOf(deed));
  switch (deed.kind) {
    case 'payout_retried':
      // What can be looked up waits for a person, after a day of tries; here nothing fails for so long.
      return new Set(['not_found']);
    case 'payout_released':
      return new Set([isKeptBack ? 'accepted' : 'not_found']);
    case 'payout_held':
    case 'payout_cancelled':
      if (isKeptBack) return new Set(['accepted']);
      // As long as anything is under way, it may be a request to Stripe.
      return new Set(deed.knownEverywhere ? ['payout_sent'] : ['accepted', 'payout_sent']);
  }
}
