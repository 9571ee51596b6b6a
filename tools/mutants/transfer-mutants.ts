import type { Mutant } from './mutant.ts';

const source = 'services/payouts/src';
const tests = 'services/payouts/tests';
const faults = `${tests}/transfer-faults.test.ts`;

/** How a transfer is made once, and what becomes of it. */
export const transferMutants: readonly Mutant[] = [
  {
    name: 'payout-key-without-the-attempt',
    rule: 'D3',
    wrong: 'a refusal is replayed for ever, since each attempt has the same key',
    file: `${source}/transfer-attempt.ts`,
    edits: [
      { from: 'return `payout-${payoutId}-${attempt}`;', to: 'return `payout-${payoutId}-${Math.min(attempt, 1)}`;' },
    ],
    tests: [faults],
  },
  {
    name: 'payout-key-with-the-try',
    rule: 'D3',
    wrong: 'each call has a key of its own, and a lost answer pays twice',
    file: `${source}/send-transfers.ts`,
    edits: [{ from: 'transferKey(claimed.id, claimed.attempt)) };', to: 'transferKey(claimed.id, claimed.tries)) };' }],
    tests: [faults],
  },
  {
    name: 'attempt-rises-after-429',
    rule: 'D3',
    wrong: 'a call that was only too early is made again under another key',
    file: `${source}/connect-escrow.ts`,
    edits: [
      {
        from: "if (next !== 'refused') return { kind: next, detail };",
        to: "if (next !== 'refused') return { kind: next === 'same_key' ? 'next_key' : next, detail };",
      },
    ],
    tests: [faults],
  },
  {
    name: 'no-look-up-after-5xx',
    rule: 'D3',
    wrong: 'a v1 call that Stripe failed is repeated under a key that replays the failure',
    file: 'libs/service-kit/src/stripe.ts',
    edits: [{ from: "return { next: 'look_up', error };", to: "return { next: 'same_key', error };" }],
    tests: [faults],
  },
  {
    name: 'one-look-up-is-enough',
    rule: 'D3',
    wrong: 'the attempt rises after a single look that may have come too early',
    file: `${source}/send-transfers.ts`,
    edits: [{ from: "if (claimed.state !== 'look_up_again') return", to: "if (claimed.state === 'send') return" }],
    tests: [faults],
  },
  {
    name: 'forgotten-key-used',
    rule: 'D3',
    wrong: 'a key that Stripe has forgotten is used again, and pays a second time',
    file: `${source}/send-transfers.ts`,
    edits: [
      {
        from: "claimed.state !== 'send' || keyAgeMs > context.escrow.keyLifetimeMs",
        to: "claimed.state !== 'send' || keyAgeMs < 0",
      },
    ],
    tests: [faults],
  },
  {
    name: 'outlived-refusal-recorded',
    rule: 'D3',
    wrong: 'a refusal ends a payout that was sent again meanwhile, and its money is owed and on its way',
    file: `${source}/record-transfers.ts`,
    edits: [{ from: "if (outcome.kind !== 'made' && !isStillClaimed) continue;", to: 'void isStillClaimed;' }],
    tests: [`${tests}/outlived-leases.test.ts`],
  },
  {
    name: 'refusal-ends-what-is-made',
    rule: 'D3',
    wrong: 'a payout that Stripe has made fails by a refusal that is recorded late',
    file: `${source}/transfer-outcome.ts`,
    edits: [
      {
        from: "return isUnmade ? { status: 'failed', transferId: null, reason: outcome.reason } : null;",
        to: "return isUnmade || isOpen ? { status: 'failed', transferId: null, reason: outcome.reason } : null;",
      },
    ],
    tests: [`${source}/transfer-outcome.test.ts`],
  },
  {
    name: 'claimed-by-two',
    rule: 'D3',
    wrong: 'two replicas claim the same transfer, and ask Stripe for it twice',
    file: `${source}/send-transfers.ts`,
    edits: [{ from: '${most} for update skip locked', to: '${most}' }],
    tests: [`${tests}/claimed-transfers.test.ts`],
  },
  {
    name: 'lease-not-kept',
    rule: 'D3',
    wrong: 'a transfer is claimed again while its lease has not ended',
    file: `${source}/send-transfers.ts`,
    edits: [{ from: ' and (lease_until is null or lease_until <= ${now})', to: '' }],
    tests: [`${tests}/claimed-transfers.test.ts`, faults, `${tests}/outlived-leases.test.ts`],
  },
  {
    name: 'returned-payout-lost',
    rule: 'D4',
    wrong: 'the money of a payout that comes back is not payable again',
    file: `${source}/transfer-outcome.ts`,
    edits: [
      {
        from: "return status === 'paid' ? { status: 'returned', transferId, reason: state.reason } : null;",
        to: 'return null;',
      },
    ],
    tests: [faults],
  },
  {
    name: 'astray-payment-unnoticed',
    rule: 'D3',
    wrong: 'a payment for a payout that has failed is taken for its payment',
    file: `${source}/transfer-outcome.ts`,
    edits: [
      {
        from: "const hasEnded = status === 'failed' || status === 'canceled';",
        to: "const hasEnded = status === 'canceled';",
      },
    ],
    tests: [`${source}/transfer-outcome.test.ts`],
  },
  {
    name: 'passing-refusal-fails-for-good',
    rule: 'D5',
    wrong: 'a payout fails because there was no money for it at that moment',
    file: 'libs/service-kit/src/stripe.ts',
    edits: [
      {
        from: "error.code === 'balance_insufficient' ? 'next_key' : 'refused'",
        to: "error === null ? 'next_key' : 'refused'",
      },
    ],
    tests: [faults],
  },
  {
    name: 'pace-of-each-replica',
    rule: 'D6',
    wrong: 'each replica keeps to the rate of requests by itself',
    file: `${source}/stripe-pace.ts`,
    edits: [{ from: 'then next_at_ms else ${nowMs} end', to: 'then ${nowMs} else ${nowMs} end' }],
    tests: [`${tests}/shared-pace.test.ts`],
  },
];
