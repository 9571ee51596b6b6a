import { allocationMutants } from './allocation-mutants.ts';
import { billingMutants } from './billing-mutants.ts';
import { bookMutants } from './book-mutants.ts';
import { earningsMutants } from './earnings-mutants.ts';
import { kitMutants } from './kit-mutants.ts';
import { lateMonthMutants } from './late-month-mutants.ts';
import { ledgerMutants } from './ledger-mutants.ts';
import type { Mutant } from './mutant.ts';
import { payoutMutants } from './payout-mutants.ts';

/** All mutants. */
export const catalogue: readonly Mutant[] = [
  ...kitMutants,
  ...ledgerMutants,
  ...allocationMutants,
  ...billingMutants,
  ...earningsMutants,
  ...payoutMutants,
  ...lateMonthMutants,
  ...bookMutants,
];
