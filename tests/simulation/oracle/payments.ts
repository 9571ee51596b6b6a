// E1, E7: what supporters pay, which months it funds, and what Stripe keeps of it.
import type { Deed } from '../deed.ts';
import { halfUp, sumOf } from './arithmetic.ts';
import { addToBudget, type Books, type Payment, type RefusedRefund } from './books.ts';
import { cutoffOf, monthAt } from './calendar.ts';
import { fundsOf, post } from './general-ledger.ts';

const settlementMs = 2 * 24 * 3_600_000;

/** A payment came. It funds the months of its parts, or, where that cannot be, none, and goes back. */
export function takePayment(books: Books, deed: Extract<Deed, { kind: 'paid' }>): void {
  const { paymentId, userId, at, parts } = deed;
  const months = new Map<string, number>();
  for (const { from, cents } of parts) months.set(monthAt(from), (months.get(monthAt(from)) ?? 0) + cents);
  for (const [month, cents] of months) if (cents === 0) months.delete(month);
  const cents = sumOf(months.values());
  const crosses = parts.some(({ from, to }) => to > cutoffOf(monthAt(from)));
  const isLate = [...months.keys()].some((month) => at >= cutoffOf(month));
  const suspendedBecause = crosses ? 'crosses_months' : isLate ? 'paid_late' : null;
  const card = books.cards.get(userId) ?? 'pays';
  const payment: Payment = {
    id: paymentId,
    userId,
    at,
    cents,
    card,
    months,
    suspendedBecause,
    isDisputed: false,
    returnedCents: 0,
  };
  books.payments.set(paymentId, payment);
  receive(books, payment);
}

function receive(books: Books, payment: Payment): void {
  const { ledger } = books;
  const { userId, at, cents, card, months, suspendedBecause } = payment;
  const feeCents = chargeFeeCents(cents);
  post(ledger, feeCents, 'stripe:fees', 'stripe:pending');
  const availableAt = card === 'pays_at_once' ? at : new Date(Date.parse(at) + settlementMs).toISOString();
  books.charges.push({ availableAt, netCents: cents - feeCents });
  if (suspendedBecause !== null) {
    months.clear();
    post(ledger, cents, 'stripe:pending', 'suspense');
    if (suspendedBecause === 'paid_late') giveBackOfSuspense(books, { payment, reason: 'paid_late', cents });
    return;
  }
  for (const [month, part] of months) {
    post(ledger, part, 'stripe:pending', fundsOf(userId, month));
    addToBudget(books, userId, month, part);
  }
}

/**
 * Money in suspense goes back to the card it came from, unless its bank does not take it or has disputed the payment: then it
 * stays where it is.
 */
export function giveBackOfSuspense({ ledger, refusedRefunds }: Books, refund: RefusedRefund): void {
  const { payment, cents } = refund;
  if (payment.isDisputed || payment.card === 'refuses_refunds') {
    refusedRefunds.push(refund);
    return;
  }
  payment.returnedCents += cents;
  post(ledger, cents, 'suspense', 'stripe:payments');
}

/** What of a payment waits in suspense: of one that funds nothing all that has not gone back, else what operators took back. */
export function waitingInSuspense({ refusedRefunds }: Books, payment: Payment): number {
  if (payment.suspendedBecause !== null) return payment.cents - payment.returnedCents;
  return sumOf(refusedRefunds.filter((refused) => refused.payment === payment).map(({ cents }) => cents));
}

/** C6, E7: a refund that came to nothing is ordered again: of a late payment, what has not gone back in another way since. */
export function retryRefund(books: Books, deed: Extract<Deed, { kind: 'refund_retried' }>): void {
  const { refusedRefunds } = books;
  // Whatever a bank has left of it: nothing of it goes to the card.
  if (books.payments.get(deed.paymentId)?.isDisputed === true) return;
  const place = refusedRefunds.findIndex(
    ({ payment, reason, cents }) =>
      payment.id === deed.paymentId && reason === deed.reason && (reason === 'paid_late' || cents === deed.cents),
  );
  const [refused] = place < 0 ? [] : refusedRefunds.splice(place, 1);
  if (refused === undefined) throw new Error(`no refund of ${deed.paymentId} has come to nothing`);
  const { payment, reason } = refused;
  const cents = reason === 'paid_late' ? payment.cents - payment.returnedCents : refused.cents;
  giveBackOfSuspense(books, { payment, reason, cents });
}

/** What becomes available by an instant moves from pending to payments. */
export function settleCharges({ charges, ledger }: Books, until: string): void {
  for (const { availableAt, netCents } of charges) {
    if (availableAt <= until) post(ledger, netCents, 'stripe:payments', 'stripe:pending');
  }
}

/** Stripe's price of a card payment: 2.9 %, halves up, and 30 ¢. */
function chargeFeeCents(cents: number): number {
  return halfUp(cents, 290, 10_000) + 30;
}
