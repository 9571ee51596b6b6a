// E5, E7: refunds and disputes of payments. Before a month's cutoff they change its paid budget, after it they follow the money.
import type { Deed } from '../deed.ts';
import { byBytes, split, sumOf } from './arithmetic.ts';
import { addToBudget, type Books, type Payment, type Taking, type Withdrawal } from './books.ts';
import { cutoffOf, monthAt } from './calendar.ts';
import { fundsOf, post } from './general-ledger.ts';
import { giveBackOfSuspense, waitingInSuspense } from './payments.ts';
import { disputeLost, disputeOpened, disputeWon, refundTaken, refundUndone } from './takings.ts';

/** What Stripe takes for a dispute, won or lost. */
const disputeFeeCents = 1_500;

type Of<Kind extends Deed['kind']> = Extract<Deed, { kind: Kind }>;

/** Money went back to the card. */
export function refund(books: Books, { refundId, paymentId, cents, at }: Of<'refunded'>): void {
  const payment = paymentNamed(books, paymentId);
  payment.returnedCents += cents;
  const withdrawal = withdraw(payment, { name: refundId, kind: 'refund', cents, at });
  books.refunds.set(refundId, withdrawal);
  post(books.ledger, withdrawal.restCents, 'suspense', 'stripe:payments');
  for (const taking of withdrawal.takings) {
    const { userId } = payment;
    if (taking.budgetMonth !== null) {
      addToBudget(books, userId, taking.month, -taking.cents);
      post(books.ledger, taking.cents, fundsOf(userId, taking.month), 'stripe:payments');
    } else onceClosed(books, taking, () => refundTaken(books, taking));
  }
}

/** A bank did not take a refund: its money is here again. */
export function failRefund(books: Books, { refundId, at }: Of<'refund_failed'>): void {
  const withdrawal = books.refunds.get(refundId);
  if (withdrawal === undefined) throw new Error(`no deed tells of the refund ${refundId}`);
  books.refunds.delete(refundId);
  withdrawal.payment.returnedCents -= withdrawal.cents;
  post(books.ledger, withdrawal.restCents, 'stripe:payments', 'suspense');
  for (const taking of withdrawal.takings) {
    const month = comesBackTo(taking, at);
    fundAgain(withdrawal.payment, month, taking.cents);
    if (taking.budgetMonth !== null) {
      addToBudget(books, withdrawal.payment.userId, month, taking.cents);
      post(books.ledger, taking.cents, 'stripe:payments', fundsOf(withdrawal.payment.userId, month));
    } else onceClosed(books, taking, () => refundUndone(books, taking));
  }
}

/** A bank disputes a payment, or asks about it: an inquiry moves nothing. */
export function openDispute(books: Books, deed: Of<'dispute_opened'>): void {
  const { disputeId, paymentId, cents, isInquiry, at } = deed;
  const payment = paymentNamed(books, paymentId);
  if (isInquiry) {
    books.inquiries.set(disputeId, { payment, cents });
    return;
  }
  // An inquiry that was lost: from now on it is a dispute like others.
  books.inquiries.delete(disputeId);
  dispute(books, payment, { disputeId, cents, at });
}

/** The bank has decided for us: everything is as before, and what it does not give back is our loss. */
export function winDispute(books: Books, { disputeId, cents: givenCents, at }: Of<'dispute_won'>): void {
  const { payment, cents, takings } = takeDispute(books, disputeId);
  payment.isDisputed = false;
  post(books.ledger, givenCents, 'stripe:payments', 'stripe:disputed');
  post(books.ledger, cents - givenCents, 'losses:disputes', 'stripe:disputed');
  for (const taking of takings) {
    const month = comesBackTo(taking, at);
    fundAgain(payment, month, taking.cents);
    if (taking.budgetMonth !== null) {
      addToBudget(books, payment.userId, month, taking.cents);
      post(books.ledger, taking.cents, fundsOf(payment.userId, taking.month), fundsOf(payment.userId, month));
    } else onceClosed(books, taking, () => disputeWon(books, taking));
  }
}

/** The bank has decided against us; an inquiry that is lost becomes a dispute. */
export function loseDispute(books: Books, { disputeId, at }: Of<'dispute_lost'>): void {
  const inquiry = books.inquiries.get(disputeId);
  if (inquiry !== undefined) {
    books.inquiries.delete(disputeId);
    dispute(books, inquiry.payment, { disputeId, cents: inquiry.cents, at });
    return;
  }
  const { payment, cents, takings, restCents } = takeDispute(books, disputeId);
  // What went back before is lost a second time: that is ours.
  const ofSuspenseCents = Math.min(restCents, waitingInSuspense(books, payment));
  payment.returnedCents += cents;
  post(books.ledger, ofSuspenseCents, 'suspense', 'stripe:disputed');
  post(books.ledger, restCents - ofSuspenseCents, 'losses:disputes', 'stripe:disputed');
  for (const taking of takings) {
    if (taking.budgetMonth !== null)
      post(books.ledger, taking.cents, fundsOf(payment.userId, taking.month), 'stripe:disputed');
    else onceClosed(books, taking, () => disputeLost(books, taking));
  }
}

/** C6: what an operator took of a supporter's month goes back by its payments, the newest first. */
export function giveBackToSupporter(
  books: Books,
  { userId, month, cents }: { userId: string; month: string; cents: number },
) {
  const payments = [...books.payments.values()].filter(
    (payment) => payment.userId === userId && payment.months.has(month),
  );
  payments.sort((a, b) => byBytes(b.at, a.at) || byBytes(a.id, b.id));
  let left = cents;
  for (const payment of payments) {
    const part = Math.min(left, payment.months.get(month) ?? 0);
    if (part === 0) continue;
    left -= part;
    fundAgain(payment, month, -part);
    giveBackOfSuspense(books, { payment, reason: 'operator', cents: part });
  }
}

/** What waited for its month to be closed, in the order in which it came: it comes before the month's payouts. */
export function applyWaiting(books: Books, month: string): void {
  const waiting = books.waiting.get(month) ?? [];
  if (waiting.length > 0) books.isStorageDecided = false;
  for (const apply of waiting) apply();
  books.waiting.delete(month);
}

function dispute(
  books: Books,
  payment: Payment,
  { disputeId, cents, at }: { disputeId: string; cents: number; at: string },
) {
  payment.isDisputed = true;
  post(books.ledger, cents, 'stripe:disputed', 'stripe:payments');
  post(books.ledger, disputeFeeCents, 'losses:disputes', 'stripe:payments');
  const withdrawal = withdraw(payment, { name: disputeId, kind: 'dispute', cents, at });
  books.disputes.set(disputeId, withdrawal);
  for (const taking of withdrawal.takings) {
    if (taking.budgetMonth !== null) addToBudget(books, payment.userId, taking.month, -taking.cents);
    else onceClosed(books, taking, () => disputeOpened(books, taking));
  }
}

/** What is taken of each month that the payment still funds; what is more than that is of none. */
function withdraw(
  payment: Payment,
  { name, kind, cents, at }: { name: string; kind: Taking['kind']; cents: number; at: string },
): Withdrawal {
  const months = [...payment.months].filter(([, left]) => left > 0).sort(([a], [b]) => byBytes(a, b));
  const lefts = months.map(([, left]) => left);
  const shares = split(Math.min(cents, sumOf(lefts)), lefts);
  const takings = months.flatMap(([month], index): Taking[] => {
    const part = shares[index] ?? 0;
    if (part === 0) return [];
    fundAgain(payment, month, -part);
    const budgetMonth = at < cutoffOf(month) ? month : null;
    return [{ name: `${name} ${month}`, kind, payment, month, cents: part, budgetMonth, spread: null }];
  });
  return { payment, cents, takings, restCents: cents - sumOf(takings.map((taking) => taking.cents)) };
}

/** Its own month, or, where that one's budget is fixed by now, the running one. */
function comesBackTo({ month, budgetMonth }: Taking, at: string): string {
  return budgetMonth === null || at < cutoffOf(month) ? month : monthAt(at);
}

function fundAgain(payment: Payment, month: string, cents: number): void {
  payment.months.set(month, (payment.months.get(month) ?? 0) + cents);
}

/** At once where the month is closed, else right after its close. */
function onceClosed(books: Books, taking: Taking, apply: () => void): void {
  if (books.closed.has(taking.month)) apply();
  else books.waiting.set(taking.month, [...(books.waiting.get(taking.month) ?? []), apply]);
}

function paymentNamed({ payments }: Books, id: string): Payment {
  const payment = payments.get(id);
  if (payment === undefined) throw new Error(`no deed tells of the payment ${id}`);
  return payment;
}

function takeDispute({ disputes }: Books, id: string): Withdrawal {
  const withdrawal = disputes.get(id);
  if (withdrawal === undefined) throw new Error(`no deed tells of the dispute ${id}`);
  disputes.delete(id);
  return withdrawal;
}
