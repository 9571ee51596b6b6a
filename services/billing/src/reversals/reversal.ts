import { type Cents, cents, cutoffOf, type Month, spread, sumCents, zeroCents } from '@wewrite/contracts';
import { idOfCause } from '@wewrite/service-kit';
import type { FactKind, PaymentFact } from './payment-fact.ts';

/** The part of a fact that is of one month of an invoice. */
export interface Reversal {
  readonly id: string;
  readonly kind: FactKind;
  readonly factId: string;
  /** The earlier reversal that this one undoes or concludes. */
  readonly settles: string | null;
  readonly invoiceId: string;
  readonly userId: string;
  readonly month: Month;
  readonly amountCents: Cents;
  /** The entry that brought its money: what it corrects. */
  readonly broughtBy: string;
  /**
   * Whose budget it changes, and by how much (negative: lowers it). Null when the funding of the month is complete or its
   * cutoff was before: then earnings spreads it over what was funded (E5).
   */
  readonly budget: { readonly month: Month; readonly cents: Cents } | null;
  readonly at: Date;
}

/** The invoice that was paid, as far as what takes its money back needs it. */
export interface PaidInvoice {
  readonly id: string;
  /** Whose months it funded; null when its money went to suspense. */
  readonly funded: {
    readonly userId: string;
    /** What of it still funds each month, and the entry that brought it there. */
    readonly months: readonly { readonly month: Month; readonly leftCents: Cents; readonly broughtBy: string }[];
  } | null;
}

/** What a fact is decided against. */
export interface Situation {
  /** Null for a payment that is of no invoice. */
  readonly invoice: PaidInvoice | null;
  /** The reversals by the same refund or dispute that nothing has settled yet. */
  readonly open: readonly Reversal[];
  /** What the same dispute has withdrawn and neither reinstated nor concluded before. */
  readonly disputedCents: Cents;
  /** What of the payment is in suspense: it fitted no month, or an operator took it back of writers. */
  readonly suspendedCents: Cents;
  readonly closedMonths: ReadonlySet<Month>;
  /** The month that money which comes back too late for its own is credited to. */
  readonly runningMonth: Month;
}

/** What a fact reverses, by month (E5, E7). One fact is decided once. */
export function reversalsOf(fact: PaymentFact, situation: Situation): readonly Reversal[] {
  return isOpening(fact.kind) ? openingsOf(fact, situation) : endingsOf(fact, situation);
}

/** Takes money of a payment, or holds it; the other kinds give back or conclude. */
function isOpening(kind: FactKind): boolean {
  return kind === 'refund' || kind === 'dispute_opened';
}

/** Spread over the invoice's months in the way of A6; what we ordered comes from suspense and is of no month. */
function openingsOf(fact: PaymentFact, { invoice, closedMonths }: Situation): Reversal[] {
  if (invoice === null || invoice.funded === null || fact.refundOrderId !== null) return [];
  const { userId, months } = invoice.funded;
  const leftCents = sumCents(months.map((each) => each.leftCents));
  const spreadCents = cents(Math.min(fact.amountCents, leftCents));
  const shares = spread(
    spreadCents,
    months.map((each) => each.leftCents),
    (a, b) => a - b,
  );
  return months.flatMap(({ month, broughtBy }, index) => {
    const amountCents = shares[index] ?? zeroCents;
    if (amountCents === 0) return [];
    const isInTime = !closedMonths.has(month) && fact.at < cutoffOf(month);
    const budget = isInTime ? { month, cents: cents(-amountCents) } : null;
    const common = { kind: fact.kind, factId: fact.id, settles: null, invoiceId: invoice.id, userId, month, broughtBy };
    return [{ ...common, id: reversalIdOf(fact, month), amountCents, budget, at: fact.at }];
  });
}

/** Each open reversal as a whole: it goes back the way that it came. */
function endingsOf(fact: PaymentFact, { open, closedMonths, runningMonth }: Situation): Reversal[] {
  return open.map((opened) => {
    const { month, amountCents, invoiceId, userId, broughtBy } = opened;
    const isInTime = !closedMonths.has(month) && fact.at < cutoffOf(month);
    const budget = (): Reversal['budget'] => {
      if (opened.budget === null) return null;
      if (fact.kind === 'dispute_lost') return { month, cents: zeroCents };
      return { month: isInTime ? month : runningMonth, cents: amountCents };
    };
    const common = { kind: fact.kind, factId: fact.id, settles: opened.id, invoiceId, userId, month, broughtBy };
    return { ...common, id: reversalIdOf(fact, month), amountCents, budget: budget(), at: fact.at };
  });
}

function reversalIdOf(fact: PaymentFact, month: Month): string {
  return idOfCause('reversal', fact.id, month);
}
