import type { Cents, Currency } from '@wewrite/contracts';
import { assert } from '@wewrite/service-kit';

/** Assets and expenses grow by debits, the others by credits; a balance is positive on that normal side. */
export type AccountType = 'asset' | 'liability' | 'equity' | 'income' | 'expense';

/** How accounts are opened. What an account was opened with stays, whatever the chart says later. */
export interface AccountRule {
  readonly type: AccountType;
  readonly currency: Currency;
  /** The balance never goes below; no bound when absent. */
  readonly minimumCents?: Cents;
  /** The balance never goes above; no bound when absent. */
  readonly maximumCents?: Cents;
  /**
   * True for the few accounts that nearly every batch moves: batches then do not wait for each other. A movement towards
   * a bound still does, so bound a hot account only on the side that is moved seldom.
   */
  readonly hot?: boolean;
}

/** A chart of accounts: which accounts there may be. */
export interface Chart {
  readonly rules: readonly AccountRule[];
  /** The index in `rules` of the rule for an account; throws an AssertionFailure for an account that is not in the chart. */
  ruleIndexOf(accountId: string): number;
}

/**
 * Declares the accounts of a service. A name that ends in `:` stands for every account that begins with it
 * (`'payable:'`: `payable:{userId}`), any other for one account; the longest that fits counts.
 */
export function defineChart(rulesByName: Readonly<Record<string, AccountRule>>): Chart {
  const names = Object.keys(rulesByName);
  const indexes = new Map(names.map((name, index) => [name, index]));
  const families = names.filter((name) => name.endsWith(':')).sort((a, b) => b.length - a.length);
  return {
    rules: Object.values(rulesByName),
    ruleIndexOf: (accountId) => {
      const isOne = !accountId.endsWith(':') && indexes.has(accountId);
      const name = isOne ? accountId : families.find((family) => accountId.startsWith(family) && accountId !== family);
      const index = name === undefined ? undefined : indexes.get(name);
      assert(index !== undefined, `account ${accountId} is not in the chart of accounts`);
      return index;
    },
  };
}
