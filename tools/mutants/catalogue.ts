import { allocationMutants } from './allocation-mutants.ts';
import { billingMutants } from './billing-mutants.ts';
import { bookMutants } from './book-mutants.ts';
import { dunningMutants } from './dunning-mutants.ts';
import { earningsMutants } from './earnings-mutants.ts';
import { guardMutants } from './guard-mutants.ts';
import { kitMutants } from './kit-mutants.ts';
import { lateMonthMutants } from './late-month-mutants.ts';
import { leaseMutants } from './lease-mutants.ts';
import { ledgerMutants } from './ledger-mutants.ts';
import { lockMutants } from './lock-mutants.ts';
import type { Mutant } from './mutant.ts';
import { payoutMutants } from './payout-mutants.ts';
import { postingMutants } from './posting-mutants.ts';
import { transferMutants } from './transfer-mutants.ts';

/** All mutants. */
export const catalogue: readonly Mutant[] = [
  ...kitMutants,
  ...ledgerMutants,
  ...allocationMutants,
  ...lockMutants,
  ...billingMutants,
  ...dunningMutants,
  ...leaseMutants,
  ...postingMutants,
  ...earningsMutants,
  ...payoutMutants,
  ...transferMutants,
  ...lateMonthMutants,
  ...bookMutants,
  ...guardMutants,
];
