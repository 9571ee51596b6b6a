import { type Cents, cents } from '@wewrite/contracts';

/** What decides whether escrow is covered, in the ledger. */
export interface EscrowPosition {
  /** Owed to writers, whatever the month. */
  readonly obligationsCents: Cents;
  readonly storageCents: Cents;
  readonly inTransitCents: Cents;
  /** Available in the payments balance. */
  readonly paymentsCents: Cents;
}

/** What is to be done: nothing, one move, or waiting for what is missing. */
export type EscrowDecision =
  | { readonly action: 'covered' }
  | { readonly action: 'move'; readonly amountCents: Cents }
  | { readonly action: 'wait'; readonly shortfallCents: Cents };

/** Funds what storage and money on its way there lack of the obligations, in one move, from available money only. */
export function decideEscrow(position: EscrowPosition): EscrowDecision {
  const { obligationsCents, storageCents, inTransitCents, paymentsCents } = position;
  const amountCents = cents(obligationsCents - storageCents - inTransitCents);
  if (amountCents <= 0) return { action: 'covered' };
  if (paymentsCents >= amountCents) return { action: 'move', amountCents };
  return { action: 'wait', shortfallCents: cents(amountCents - paymentsCents) };
}
