import type { EscrowAdapter } from './escrow-adapter.ts';

/** The money stays in the payments balance at Stripe: it leaves and arrives in the ledger only, at the same moment. */
export const connectEscrow: EscrowAdapter = {
  name: 'connect',
  canRelease: true,
  check: async () => undefined,
  advance: async () => ({ kind: 'arrived', stripeId: null }),
};
