import {
  addsUp,
  type Cents,
  cents,
  type Evidence,
  type ExplainedPart,
  type ExplainedStep,
  type Explanation,
  ExplanationSchema,
  type Related,
  sumCents,
} from '@wewrite/contracts';
import { assert, identityOf, problemResponses, Refusal, type Server, traceIdOf } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Context } from './context.ts';
import type { PayoutAttemptTable, PayoutTable } from './db.ts';
import { visibleTo } from './read-payouts.ts';
import { accountOf, returnedKind } from './sub-ledger.ts';

/**
 * `GET /v1/payouts/{id}/explain`: where the money of a payout came from, entry by entry of what was payable, what fees came
 * off it, and what Stripe was asked to pay, call by call. The parts of each step add up.
 */
export function explainPayout(server: Server, context: Context): void {
  server.get(
    '/v1/payouts/:id/explain',
    {
      schema: {
        summary: 'What a payout is made of, and what became of it at Stripe',
        params: z.object({ id: z.uuid() }),
        response: { 200: ExplanationSchema, ...problemResponses },
      },
      config: { access: ['writer', 'admin'] },
    },
    async (request) => {
      const { id } = request.params;
      const { rows } = await sql<PayoutTable>`
        select * from payout where id = ${id} and ${visibleTo(identityOf(request))}`.execute(context.database.kysely);
      const [payout] = rows;
      if (payout === undefined) throw new Refusal('not_found', 'There is no such payout of yours.');
      const explained = explanationOf(payout, await entriesOf(context, payout), await attemptsOf(context, payout));
      assert(addsUp(explained), `the explanation of payout ${id} does not add up`);
      return explained;
    },
  );
}

/** What came into the payable balance, or left it, since the payout before; of earnings also their gross and fee. */
interface Entry {
  readonly kind: string;
  readonly month: string;
  readonly idempotencyKey: string;
  readonly causeEventId: string | null;
  /** Signed: positive when it came in. */
  readonly amountCents: Cents;
  readonly grossCents: Cents | null;
  readonly feeCents: Cents | null;
  /** True when the writer has earnings in its month. */
  readonly isOfEarnedMonth: boolean;
}

async function entriesOf({ database }: Context, payout: PayoutTable): Promise<readonly Entry[]> {
  const account = accountOf.payable(payout.user_id);
  const { rows } = await sql<Entry>`
    with reserved as (
      select id from ledger_transfer where idempotency_key = ${`payout_reserved:${payout.id}`}
    ), before as (
      select coalesce(max(id), 0) as id from ledger_transfer
      where debit_account_id = ${account} and kind = 'payout_reserved' and id < (select id from reserved)
    )
    select entry.kind, entry.month, entry.idempotency_key as "idempotencyKey", entry.cause_event_id as "causeEventId",
      case when entry.credit_account_id = ${account} then entry.amount_cents else -entry.amount_cents end as "amountCents",
      credit.gross_cents as "grossCents", credit.fee_cents as "feeCents",
      exists (
        select from writer_credit as earned where earned.user_id = ${payout.user_id} and earned.month = entry.month
      ) as "isOfEarnedMonth"
    from ledger_transfer as entry
    left join writer_credit as credit on entry.kind = 'creator_earning' and credit.user_id = ${payout.user_id}
      and credit.month = entry.month
    where ${account} in (entry.credit_account_id, entry.debit_account_id)
      and entry.id > (select id from before) and entry.id < (select id from reserved)
    order by entry.id`.execute(database.kysely);
  return rows;
}

async function attemptsOf({ database }: Context, { id }: PayoutTable): Promise<readonly PayoutAttemptTable[]> {
  return database.kysely
    .selectFrom('payout_attempt')
    .selectAll()
    .where('payout_id', '=', id)
    .orderBy('attempt')
    .orderBy('try')
    .execute();
}

function explanationOf(
  payout: PayoutTable,
  entries: readonly Entry[],
  attempts: readonly PayoutAttemptTable[],
): Explanation {
  const earned = entries.filter(({ kind }) => kind === 'creator_earning');
  return ExplanationSchema.parse({
    of: 'payout',
    id: payout.id,
    currency: payout.currency,
    steps: [feeStep(earned), earningsStep(payout, entries), payoutStep(payout), transferStep(payout, attempts)],
    related: relatedOf(payout, entries),
  });
}

/** What brought money into the balance or took it out: the writer's months, and payouts that came back. */
function relatedOf({ user_id: recipientUserId }: PayoutTable, entries: readonly Entry[]): readonly Related[] {
  const returned = entries.filter(({ kind }) => kind === returnedKind);
  const ofMonths = entries.filter(({ kind, isOfEarnedMonth }) => kind !== returnedKind && isOfEarnedMonth);
  const months = new Set(ofMonths.map(({ month }) => month));
  return [
    ...[...months].sort().map((month) => ({ of: 'writer_month' as const, id: month, recipientUserId })),
    ...returned.map(({ idempotencyKey }) => ({
      of: 'payout' as const,
      id: idempotencyKey.slice(`${returnedKind}:`.length),
    })),
  ];
}

/** Gross less the platform's fee of each month that was credited since the payout before: its net. */
function feeStep(earned: readonly Entry[]): ExplainedStep {
  const parts = earned.flatMap(({ month, grossCents, feeCents, amountCents, idempotencyKey }) => [
    { label: `gross of ${month}`, cents: cents(grossCents ?? amountCents), id: idempotencyKey },
    { label: `platform fee of ${month}`, cents: cents(0 - (feeCents ?? 0)), id: null },
  ]);
  const evidence = earned.flatMap(({ causeEventId }) =>
    causeEventId === null ? [] : [said('earnings.calculated', causeEventId, null)],
  );
  return { step: 'fee', id: null, totalCents: sumOf(parts), parts, why: null, evidence };
}

/** What made up the payable balance; what was there before has a row of its own. */
function earningsStep(payout: PayoutTable, entries: readonly Entry[]): ExplainedStep {
  const parts = entries.map(({ kind, month, amountCents, idempotencyKey }) => ({
    label: `${kind} of ${month}`,
    cents: cents(amountCents),
    id: idempotencyKey,
  }));
  const carriedCents = cents(payout.gross_cents - sumOf(parts));
  const carried = { label: 'carried over', cents: carriedCents, id: null };
  return {
    step: 'earnings',
    id: null,
    totalCents: cents(payout.gross_cents),
    parts: carriedCents === 0 ? parts : [carried, ...parts],
    why: 'A payout is of all that is payable, less what the writer owes.',
    evidence: [],
  };
}

function payoutStep(payout: PayoutTable): ExplainedStep {
  return {
    step: 'payout',
    id: payout.id,
    totalCents: cents(payout.gross_cents),
    parts: [
      { label: 'processing fee', cents: cents(payout.processing_fee_cents), id: null },
      { label: 'net', cents: cents(payout.net_cents), id: payout.id },
    ],
    why: payout.reason,
    evidence: [said('payout.requested', payout.id, payout.traceparent)],
  };
}

/** What Stripe has, and the calls that it took. Only one that is paid has moved the net amount. */
function transferStep(payout: PayoutTable, attempts: readonly PayoutAttemptTable[]): ExplainedStep {
  const isPaid = payout.status === 'paid';
  const totalCents = cents(isPaid ? payout.net_cents : 0);
  const calls = attempts.map(({ idempotency_key: key, outcome }) => ({ label: outcome, cents: cents(0), id: key }));
  const isEnded = ['paid', 'failed', 'returned', 'canceled'].includes(payout.status);
  return {
    step: 'transfer',
    id: payout.transfer_id,
    totalCents,
    parts: [...calls, { label: payout.status, cents: totalCents, id: payout.transfer_id }],
    why: payout.reason,
    evidence: isEnded ? [said('payout.settled', `${payout.id}:${payout.status}`, payout.traceparent)] : [],
  };
}

function said(topic: string, messageId: string, traceparent: string | null): Evidence {
  const traceId = traceparent === null ? null : traceIdOf(traceparent);
  return { topic, messageId, partition: null, offset: null, traceId };
}

function sumOf(parts: readonly ExplainedPart[]): Cents {
  return sumCents(parts.map((part) => part.cents));
}
