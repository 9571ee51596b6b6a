import { type Cents, cents, monthOf, sumCents } from '@wewrite/contracts';
import type { NewTransfer } from '@wewrite/ledger';
import { supporterFunds } from '../books/chart.ts';
import { transferOf } from '../books/transfer.ts';
import type { PaymentFact } from './payment-fact.ts';
import { type PaidInvoice, type Reversal, reversalsOf, type Situation } from './reversal.ts';

/** What is to be written of a fact. */
export interface FactDecision {
  readonly fact: PaymentFact;
  readonly reversals: readonly Reversal[];
  readonly transfers: readonly NewTransfer[];
  /** What of it is of no month that the payment funded: suspense bears it, and of a dispute of a funded payment we do. */
  readonly restCents: Cents;
}

/** Decides what a fact reverses and posts. */
export function decideFact(fact: PaymentFact, situation: Situation): FactDecision {
  const reversals = reversalsOf(fact, situation);
  const restCents = cents(fact.amountCents - sumCents(reversals.map(({ amountCents }) => amountCents)));
  const transfers = [
    ...factTransfers(fact, situation, restCents),
    ...reversals.flatMap((reversal) => partTransfers(reversal, fact)),
  ];
  return { fact, reversals, transfers, restCents };
}

/** What a fact posts as a whole: the movement at Stripe, its fee, and what of it is of no month. */
function factTransfers(
  fact: PaymentFact,
  { invoice, open, disputedCents, suspendedCents }: Situation,
  restCents: Cents,
): NewTransfer[] {
  const common = commonOf(fact);
  const key = `${fact.kind}:${fact.id}`;
  const rest = { ...common, key: `${key}:rest`, amountCents: restCents };
  const [openedBy] = open;
  const corrected = openedBy === undefined ? null : `dispute_opened:${openedBy.factId}`;
  const movement = { ...common, key, amountCents: fact.amountCents, corrects: corrected };
  const transfers = () => {
    switch (fact.kind) {
      case 'refund':
        return [
          transferOf({ ...rest, debit: 'suspense', credit: 'stripe:payments', corrects: suspenseKeyOf(invoice) }),
        ];
      case 'refund_failed':
        return [transferOf({ ...rest, debit: 'stripe:payments', credit: 'suspense' })];
      case 'dispute_opened':
        return [transferOf({ ...movement, debit: 'stripe:disputed', credit: 'stripe:payments' })];
      case 'dispute_won':
        return reinstated(fact, movement, disputedCents);
      case 'dispute_lost':
        // What is of no payment of ours waits there for somebody who knows.
        return restOfLost(
          { ...common, key, amountCents: restCents },
          invoice === null ? restCents : suspendedCents,
          suspenseKeyOf(invoice),
        );
    }
  };
  return [...transfers(), ...feeOf(fact)].filter(({ amountCents }) => amountCents > 0);
}

/** What waits in suspense for its supporter has gone to them; what was given back before is lost a second time: that is ours. */
function restOfLost(
  { key, amountCents, ...common }: Omit<Parameters<typeof transferOf>[0], 'debit' | 'credit'>,
  suspendedCents: Cents,
  corrects: string | null,
): NewTransfer[] {
  const ofSuspenseCents = cents(Math.min(amountCents, suspendedCents));
  const ofSuspense = { ...common, key: `${key}:suspense`, amountCents: ofSuspenseCents, corrects };
  const loss = { ...common, key: `${key}:rest`, amountCents: cents(amountCents - ofSuspenseCents) };
  return [
    transferOf({ ...ofSuspense, debit: 'suspense', credit: 'stripe:disputed' }),
    transferOf({ ...loss, debit: 'losses:disputes', credit: 'stripe:disputed' }),
  ];
}

/** What is not reinstated of what a dispute withdrew is lost; what is reinstated beyond it was lost before. */
function reinstated(
  fact: PaymentFact,
  movement: Omit<Parameters<typeof transferOf>[0], 'debit' | 'credit'>,
  disputedCents: Cents,
): NewTransfer[] {
  const differenceCents = cents(disputedCents - fact.amountCents);
  const difference = { ...movement, key: `${movement.key}:difference`, amountCents: cents(Math.abs(differenceCents)) };
  const sides =
    differenceCents > 0
      ? { debit: 'losses:disputes', credit: 'stripe:disputed' }
      : { debit: 'stripe:disputed', credit: 'losses:disputes' };
  return [
    transferOf({ ...movement, debit: 'stripe:payments', credit: 'stripe:disputed' }),
    transferOf({ ...difference, ...sides }),
  ];
}

/** What a part posts by itself: only of a month that is not locked, for a later one is posted as it has been spread. */
function partTransfers(reversal: Reversal, fact: PaymentFact): NewTransfer[] {
  const { budget, month, userId, amountCents } = reversal;
  if (budget === null) return [];
  const funds = supporterFunds(userId, month);
  const common = {
    ...commonOf(fact),
    month,
    key: `${reversal.kind}:${reversal.id}`,
    amountCents,
    corrects: reversal.broughtBy,
  };
  switch (reversal.kind) {
    case 'refund':
      return [transferOf({ ...common, debit: funds, credit: 'stripe:payments' })];
    case 'refund_failed': {
      const credit = supporterFunds(userId, budget.month);
      return [transferOf({ ...common, debit: 'stripe:payments', credit, corrects: `refund:${reversal.settles}` })];
    }
    case 'dispute_opened':
      return [];
    case 'dispute_won': {
      // The disputed money has stayed where it was; its month is over, so it funds the running one.
      const credit = supporterFunds(userId, budget.month);
      return credit === funds ? [] : [transferOf({ ...common, debit: funds, credit })];
    }
    case 'dispute_lost':
      return [transferOf({ ...common, debit: funds, credit: 'stripe:disputed' })];
  }
}

function feeOf(fact: PaymentFact): NewTransfer[] {
  const { feeCents } = fact;
  const isDispute = fact.kind === 'dispute_opened' || fact.kind === 'dispute_won';
  const expense = isDispute ? 'losses:disputes' : 'stripe:fees';
  const kind = isDispute ? 'dispute_fee' : 'stripe_fee';
  const [debit, credit] = feeCents > 0 ? [expense, 'stripe:payments'] : ['stripe:payments', expense];
  const amountCents = cents(Math.abs(feeCents));
  return [transferOf({ ...commonOf(fact), key: `${kind}:${fact.id}`, kind, debit, credit, amountCents })];
}

function commonOf(fact: PaymentFact) {
  // A dispute that is lost has moved nothing that could be named.
  const stripeId = fact.kind === 'dispute_lost' ? fact.objectId : fact.id;
  return { kind: fact.kind as string, month: monthOf(fact.at), occurredAt: fact.at, stripeId };
}

function suspenseKeyOf(invoice: PaidInvoice | null): string | null {
  return invoice !== null && invoice.funded === null ? `suspense:${invoice.id}` : null;
}
