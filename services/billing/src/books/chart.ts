import { type Month, zeroCents } from '@wewrite/contracts';
import { defineChart } from '@wewrite/ledger';

const currency = 'usd';

/** The general ledger. Facts of Stripe's have no bounds: what happened is recorded; our own promises have. */
export const chart = defineChart({
  'stripe:pending': { type: 'asset', currency, hot: true },
  'stripe:payments': { type: 'asset', currency, hot: true },
  'stripe:in_transit': { type: 'asset', currency, hot: true },
  'stripe:storage': { type: 'asset', currency, hot: true },
  'platform:bank': { type: 'asset', currency },
  'stripe:disputed': { type: 'asset', currency, hot: true },
  creator_receivables: { type: 'asset', currency, hot: true },
  'supporter_funds:': { type: 'liability', currency, minimumCents: zeroCents },
  'allocated:': { type: 'liability', currency, minimumCents: zeroCents, hot: true },
  creator_obligations: { type: 'liability', currency, hot: true },
  suspense: { type: 'liability', currency, hot: true },
  'platform:capital': { type: 'equity', currency, hot: true },
  'platform_revenue:fees': { type: 'income', currency, hot: true },
  'platform_revenue:unallocated': { type: 'income', currency, hot: true },
  'platform_revenue:processing': { type: 'income', currency, hot: true },
  'stripe:fees': { type: 'expense', currency, hot: true },
  'losses:disputes': { type: 'expense', currency },
  'losses:write_offs': { type: 'expense', currency },
});

/** What a supporter has paid for a month and the month's lock has not yet taken. */
export function supporterFunds(userId: string, month: Month): string {
  return `supporter_funds:${userId}:${month}`;
}

/** What a month's lock has taken for writers and its earnings have not yet given them. */
export function allocated(month: Month): string {
  return `allocated:${month}`;
}
