import { type Cents, cents, cutoffOf, type Month, monthOf, sumCents } from '@wewrite/contracts';

/** Stripe's statuses of an invoice, in the order in which they can follow each other. */
export const invoiceStatuses = ['draft', 'open', 'uncollectible', 'void', 'paid'] as const;
export type InvoiceStatus = (typeof invoiceStatuses)[number];

/** An invoice as it was read from Stripe, with everything that decides what its money is for. */
export interface InvoiceReading {
  readonly id: string;
  /** The event that led to the reading; null when we looked by ourselves. */
  readonly causeEventId: string | null;
  readonly stripeSubscriptionId: string | null;
  /** Our id of the subscription, from its metadata. */
  readonly subscriptionId: string | null;
  readonly status: InvoiceStatus;
  /** True for an invoice of a raise: it is no renewal that is expected, and counts when paid (E3). */
  readonly isRaise: boolean;
  readonly currency: string;
  readonly createdAt: Date;
  readonly paidAt: Date | null;
  readonly totalCents: Cents;
  readonly amountPaidCents: Cents;
  /** Amounts that an invoice of ours never has: customer balance, tax, discount, credit notes, payments off Stripe. */
  readonly strayCents: readonly Cents[];
  readonly lines: readonly InvoiceLine[];
  readonly payments: readonly InvoicePayment[];
}

export interface InvoiceLine {
  readonly amountCents: Cents;
  readonly start: Date;
  readonly end: Date;
}

/** A payment that brought money. `balance` is null until Stripe has booked it. */
export interface InvoicePayment {
  readonly paymentIntentId: string;
  readonly chargeId: string | null;
  readonly amountCents: Cents;
  readonly balance: BalanceTransaction | null;
}

export interface BalanceTransaction {
  readonly id: string;
  readonly feeCents: Cents;
  readonly netCents: Cents;
  readonly createdAt: Date;
  readonly availableOn: Date;
}

/** Why money waits in suspense instead of funding a month (E1, E7). */
export type SuspenseReason =
  | 'unknown_subscription'
  | 'foreign_currency'
  | 'does_not_add_up'
  | 'crosses_months'
  | 'negative_month'
  | 'paid_late'
  | 'month_closed';

/** What a paid invoice's money is for. */
export type Judgement =
  | { readonly outcome: 'funded'; readonly months: ReadonlyMap<Month, Cents> }
  | { readonly outcome: 'suspended'; readonly reason: SuspenseReason };

/** True when a reading is older than what is known: an invoice does not go back. */
export function isStale(known: InvoiceStatus, read: InvoiceStatus): boolean {
  return invoiceStatuses.indexOf(read) < invoiceStatuses.indexOf(known);
}

/** What an invoice is for: its lines' amounts by the month, UTC, in which their period starts (E7); credits are negative. */
export function monthsOf(lines: readonly InvoiceLine[]): ReadonlyMap<Month, Cents> {
  const months = new Map<Month, Cents>();
  for (const line of lines) {
    const month = monthOf(line.start);
    months.set(month, cents((months.get(month) ?? 0) + line.amountCents));
  }
  return months;
}

/**
 * Decides what a paid invoice's money is for (E1, E7): it funds its months only when all of it adds up, nothing crosses a
 * month's end, and it was paid, by Stripe's time, before the cutoff of a month whose funding is not complete.
 */
export function judgePaidInvoice(
  invoice: Omit<InvoiceReading, 'subscriptionId'>,
  context: { isKnown: boolean; closedMonths: ReadonlySet<Month> },
): Judgement {
  const months = monthsOf(invoice.lines);
  const reason = reasonAgainst(invoice, months, context);
  return reason === null ? { outcome: 'funded', months } : { outcome: 'suspended', reason };
}

function reasonAgainst(
  invoice: Omit<InvoiceReading, 'subscriptionId'>,
  months: ReadonlyMap<Month, Cents>,
  { isKnown, closedMonths }: { isKnown: boolean; closedMonths: ReadonlySet<Month> },
): SuspenseReason | null {
  if (!isKnown) return 'unknown_subscription';
  if (invoice.currency !== 'usd') return 'foreign_currency';
  if (!addsUp(invoice)) return 'does_not_add_up';
  if (invoice.lines.some((line) => line.end > cutoffOf(monthOf(line.start)))) return 'crosses_months';
  const funded = [...months].filter(([, amount]) => amount !== 0);
  if (funded.some(([, amount]) => amount < 0)) return 'negative_month';
  const { paidAt } = invoice;
  if (funded.some(([month]) => paidAt === null || paidAt >= cutoffOf(month))) return 'paid_late';
  return funded.some(([month]) => closedMonths.has(month)) ? 'month_closed' : null;
}

function addsUp(invoice: Omit<InvoiceReading, 'subscriptionId'>): boolean {
  const { totalCents } = invoice;
  return (
    invoice.strayCents.every((amount) => amount === 0) &&
    invoice.amountPaidCents === totalCents &&
    sumCents(invoice.lines.map((line) => line.amountCents)) === totalCents &&
    paidByCardCents(invoice.payments) === totalCents
  );
}

/** The money that came. */
export function paidByCardCents(payments: readonly InvoicePayment[]): Cents {
  return sumCents(payments.map((payment) => payment.amountCents));
}
