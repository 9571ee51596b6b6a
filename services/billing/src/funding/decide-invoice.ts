import { type Cents, type Month, monthOf } from '@wewrite/contracts';
import type { NewTransfer } from '@wewrite/ledger';
import { supporterFunds } from '../books/chart.ts';
import { transferOf } from '../books/transfer.ts';
import {
  type InvoicePayment,
  type InvoiceReading,
  type InvoiceStatus,
  isStale,
  judgePaidInvoice,
  monthsOf,
  paidByCardCents,
  type SuspenseReason,
} from './invoice.ts';

/** Whose invoice it is: our subscription and its supporter. */
export interface InvoiceOwner {
  readonly userId: string;
  readonly subscriptionId: string;
}

/** What we know of an invoice so far. */
export interface KnownInvoice {
  readonly status: InvoiceStatus;
  readonly outcome: 'funded' | 'suspended' | null;
}

/** What is to be written of an invoice. */
export interface InvoiceDecision {
  readonly reading: InvoiceReading;
  readonly owner: InvoiceOwner | null;
  readonly outcome: 'funded' | 'suspended' | null;
  readonly suspenseReason: SuspenseReason | null;
  readonly months: readonly { month: Month; cents: Cents; state: 'open' | 'paid' | 'none' }[];
  readonly transfers: readonly NewTransfer[];
}

/**
 * Decides what a reading of an invoice changes. Null when it changes nothing: it is older than what is known (E2), or the
 * money's way was decided before, which happens once (E1).
 */
export function decideInvoice(
  known: KnownInvoice,
  reading: InvoiceReading,
  owner: InvoiceOwner | null,
  closedMonths: ReadonlySet<Month>,
): InvoiceDecision | null {
  if (known.outcome !== null || isStale(known.status, reading.status)) return null;
  const months = [...monthsOf(reading.lines)];
  const decision = { reading, owner, outcome: null, suspenseReason: null, transfers: [] };
  if (reading.status !== 'paid') {
    const isOpen = reading.status === 'draft' || reading.status === 'open';
    const state = isOpen && !reading.isRaise ? 'open' : 'none';
    return {
      ...decision,
      months: months.map(([month, amount]) => ({
        month,
        cents: amount,
        state: closedMonths.has(month) ? 'none' : state,
      })),
    };
  }
  const judgement = judgePaidInvoice(reading, { isKnown: owner !== null, closedMonths });
  if (judgement.outcome === 'suspended' || owner === null) {
    const suspenseReason = judgement.outcome === 'suspended' ? judgement.reason : 'unknown_subscription';
    return {
      ...decision,
      outcome: 'suspended',
      suspenseReason,
      months: months.map(([month, amount]) => ({ month, cents: amount, state: 'none' })),
      transfers: suspenseOf(reading),
    };
  }
  return {
    ...decision,
    outcome: 'funded',
    owner,
    months: months.map(([month, amount]) => ({ month, cents: amount, state: 'paid' })),
    transfers: months
      .filter(([, amount]) => amount > 0)
      .map(([month, amount]) => fundsOf(reading, owner, month, amount)),
  };
}

/** Stripe's fee of a payment, once Stripe has booked it. */
export function feeOf(payment: InvoicePayment, reading: InvoiceReading): NewTransfer[] {
  const { balance } = payment;
  if (balance === null || balance.feeCents <= 0) return [];
  return [
    transferOf({
      key: `stripe_fee:${balance.id}`,
      kind: 'stripe_fee',
      month: monthOf(balance.createdAt),
      debit: 'stripe:fees',
      credit: 'stripe:pending',
      amountCents: balance.feeCents,
      occurredAt: balance.createdAt,
      causeEventId: reading.causeEventId,
      stripeId: balance.id,
    }),
  ];
}

function fundsOf(reading: InvoiceReading, owner: InvoiceOwner, month: Month, amountCents: Cents): NewTransfer {
  return transferOf({
    key: `subscription_payment:${reading.id}:${month}`,
    kind: 'subscription_payment',
    month,
    debit: 'stripe:pending',
    credit: supporterFunds(owner.userId, month),
    amountCents,
    occurredAt: paidAtOf(reading),
    causeEventId: reading.causeEventId,
    stripeId: reading.id,
  });
}

function suspenseOf(reading: InvoiceReading): NewTransfer[] {
  const amountCents = paidByCardCents(reading.payments);
  if (amountCents <= 0 || reading.currency !== 'usd') return [];
  const occurredAt = paidAtOf(reading);
  return [
    transferOf({
      key: `suspense:${reading.id}`,
      kind: 'suspense',
      month: monthOf(occurredAt),
      debit: 'stripe:pending',
      credit: 'suspense',
      amountCents,
      occurredAt,
      causeEventId: reading.causeEventId,
      stripeId: reading.id,
    }),
  ];
}

function paidAtOf(reading: InvoiceReading): Date {
  return reading.paidAt ?? reading.createdAt;
}
