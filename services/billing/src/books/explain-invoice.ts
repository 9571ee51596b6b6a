// From an invoice to what became of its money: charge → funding of each month → what was taken back. The parts of each step add
// up to it.
import {
  cents,
  type Evidence,
  type ExplainedPart,
  type ExplainedStep,
  type Explanation,
  ExplanationSchema,
  sumCents,
} from '@wewrite/contracts';
import { assert, identityOf, problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import type { Selectable } from 'kysely';
import { z } from 'zod';
import type { BillingContext } from '../context.ts';
import type { InvoiceMonthRow, PaymentRow, ReversalRow } from '../db.ts';
import { type InvoiceFacts, type PostedEntry, readInvoiceFacts } from './read-invoice-facts.ts';

export function explainInvoice(server: Server, context: BillingContext): void {
  server.get(
    '/v1/invoices/:id/explain',
    {
      schema: {
        summary: "What became of an invoice: its charge, and its part of the month's budget",
        params: z.object({ id: z.string().min(1).max(255) }),
        response: { 200: ExplanationSchema, ...problemResponses },
      },
      config: { access: ['supporter', 'admin'] },
    },
    async (request): Promise<Explanation> => {
      const { userId, roles } = identityOf(request);
      const facts = await readInvoiceFacts(context, request.params.id);
      if (facts === null || (facts.invoice.user_id !== userId && !roles.has('admin'))) {
        throw new Refusal('not_found', 'There is no such invoice of yours.');
      }
      return {
        of: 'invoice',
        id: facts.invoice.id,
        currency: 'usd',
        steps: [
          ...facts.payments.map(chargeStep),
          fundingStep(facts),
          ...facts.months.filter(({ state }) => state === 'paid').flatMap((month) => allocationStep(facts, month)),
          ...facts.reversals.map((reversal) => reversalStep(facts, reversal)),
        ],
        related: [],
      };
    },
  );
}

function chargeStep(payment: Selectable<PaymentRow>): ExplainedStep {
  const { amount_cents: amountCents, net_cents: netCents, charge_id: chargeId } = payment;
  const parts =
    netCents === null
      ? [part('not yet booked by Stripe', amountCents, payment.payment_intent_id)]
      : [
          part('reaches the payments balance', netCents, payment.balance_transaction_id),
          part('Stripe’s fee', amountCents - netCents, payment.balance_transaction_id),
        ];
  const why = payment.available ? null : 'The money is still pending at Stripe.';
  return stepOf({ step: 'charge', id: chargeId, totalCents: cents(amountCents), parts, why });
}

/** Which months it pays for, by the start of its lines' periods (E7). */
function fundingStep({ invoice, months }: InvoiceFacts): ExplainedStep {
  const paid = months.filter(({ state }) => state === 'paid');
  const isFunding = invoice.outcome === 'funded';
  const parts = isFunding
    ? paid.map(({ month, cents: amount }) =>
        part(`funds ${month}`, amount, `subscription_payment:${invoice.id}:${month}`),
      )
    : [
        part(
          invoice.outcome === 'suspended' ? 'waits in suspense' : 'not paid yet',
          invoice.paid_cents,
          `suspense:${invoice.id}`,
        ),
      ];
  const why = invoice.suspense_reason;
  return stepOf({ step: 'funding', id: invoice.id, totalCents: cents(invoice.paid_cents), parts, why });
}

/** What the lock of a month has made of all that its payments funded jointly (E5); nothing before. */
function allocationStep({ entries, invoice }: InvoiceFacts, { month }: InvoiceMonthRow): ExplainedStep[] {
  const own = entries.filter(
    (entry) => entry.month === month && entry.debit === `supporter_funds:${invoice.user_id}:${month}`,
  );
  const locked = own.filter(({ kind }) => kind === 'allocation_locked' || kind === 'unallocated_funds');
  if (locked.length === 0) return [];
  const parts = locked.map(({ kind, amountCents, key }) =>
    part(
      kind === 'allocation_locked' ? 'allocated to writers' : 'left unallocated: platform revenue',
      amountCents,
      key,
    ),
  );
  const evidence = [...new Set(locked.flatMap(({ causeEventId }) => causeEventId ?? []))].map((messageId) =>
    evidenceOf('month.locked', messageId),
  );
  const totalCents = sumCents(locked.map(({ amountCents }) => cents(amountCents)));
  const why = 'All payments of the month fund it together.';
  return [stepOf({ step: 'allocation', id: month, totalCents, parts, why, evidence })];
}

/** Who bears a reversal, as far as that is posted. */
function reversalStep(
  { entries, messageIds }: InvoiceFacts,
  reversal: ReversalRow & { object_id: string | null },
): ExplainedStep {
  const { id, kind, month, amount_cents: amountCents, budget_month: budgetMonth } = reversal;
  const common = { step: 'reversal' as const, id, totalCents: cents(amountCents) };
  const why = `${kind.replaceAll('_', ' ')} of ${month}${reversal.object_id === null ? '' : ` (${reversal.object_id})`}`;
  const messageId = messageIds.get(id);
  const evidence = messageId === undefined ? [] : [evidenceOf('payment.reversed', messageId)];
  if (budgetMonth !== null) {
    return stepOf({
      ...common,
      parts: [part(`the budget of ${budgetMonth}`, amountCents, `${kind}:${id}`)],
      why,
      evidence,
    });
  }
  if (kind === 'operator') {
    return stepOf({ ...common, parts: [part('an operator took it back of writers', amountCents, id)], why, evidence });
  }
  const posted = entries.filter((entry) => entry.reversalId === id).map(borneBy);
  const restCents = amountCents - sumCents(posted.map((each) => each.cents));
  const rest = kind === 'dispute_opened' || kind === 'dispute_won' ? 'held, not taken' : 'not posted yet';
  return stepOf({ ...common, parts: restCents === 0 ? posted : [...posted, part(rest, restCents)], why, evidence });
}

function borneBy({ debit, credit, amountCents, key }: PostedEntry): ExplainedPart {
  const labels: Readonly<Record<string, string>> = {
    'platform_revenue:fees': 'platform fees',
    'platform_revenue:unallocated': 'what had been left unallocated',
    creator_obligations: 'what writers are owed',
    creator_receivables: 'what writers owe',
    suspense: 'what an operator had taken back already',
  };
  return part(labels[debit] ?? labels[credit] ?? debit, amountCents, key);
}

function evidenceOf(topic: string, messageId: string): Evidence {
  return { topic, messageId, partition: null, offset: null, traceId: null };
}

function part(label: string, amountCents: number, id: string | null = null): ExplainedPart {
  return { label, cents: cents(amountCents), id };
}

function stepOf(
  step: Pick<ExplainedStep, 'step' | 'id' | 'totalCents' | 'parts' | 'why'> & Partial<ExplainedStep>,
): ExplainedStep {
  const sum = sumCents(step.parts.map((each) => each.cents));
  assert(sum === step.totalCents, `the parts of ${step.step} ${step.id} come to ${sum} ¢, not ${step.totalCents}`);
  return { evidence: [], ...step };
}
