// The accounts of the general ledger: what each holds, as debits less credits.

/** Debits less credits by account, in cents; an account that nothing was ever posted to is missing. */
export type GeneralLedger = Map<string, number>;

/** One entry: what leaves `credit` arrives at `debit`. A negative amount goes the other way round, 0 nowhere. */
export function post(ledger: GeneralLedger, cents: number, debit: string, credit: string): void {
  if (cents === 0) return;
  ledger.set(debit, (ledger.get(debit) ?? 0) + cents);
  ledger.set(credit, (ledger.get(credit) ?? 0) - cents);
}

/** The account that keeps what a supporter paid for a month until it is locked. */
export function fundsOf(userId: string, month: string): string {
  return `supporter_funds:${userId}:${month}`;
}

/** What is owed to writers, as an amount above 0. */
export function obligationsIn(ledger: GeneralLedger): number {
  return -(ledger.get('creator_obligations') ?? 0);
}
