import type { Funding, ReversalKind, RunKind } from '@wewrite/contracts';
import type { Generated, Selectable } from 'kysely';
import type { InvoiceStatus, SuspenseReason } from './funding/invoice.ts';
import type { FactKind } from './reversals/payment-fact.ts';
import type { EventEndpoint, EventState } from './stripe/stripe-event.ts';
import type { ChangeState } from './subscription/change.ts';
import type { SubscriptionState } from './subscription/subscription.ts';

/** The tables of billing's schema; the ledger's own are read through `@wewrite/ledger`. */
export interface BillingSchema {
  customer: { user_id: string; stripe_id: string | null; created_at: Date };
  subscription: SubscriptionRow;
  subscription_change: SubscriptionChangeRow;
  portal_configuration: { single: Generated<boolean>; stripe_id: string };
  stripe_event: StripeEventRow;
  invoice: InvoiceRow;
  invoice_month: InvoiceMonthRow;
  payment: PaymentRow;
  funding: FundingRow;
  refund_order: RefundOrderRow;
  payment_fact: PaymentFactRow;
  reversal: ReversalRow;
  funding_close: { month: string; supporters: number; paid_cents: number; hash: string; closed_at: Date };
  earning_waiting: EarningWaitingRow;
  escrow_move: EscrowMoveRow;
  revenue_withdrawal: RevenueWithdrawalRow;
  books_due: BooksDueRow;
  suspended_reversal: { reversal_id: string; user_id: string; month: string; cents: number };
  books_version: { single: Generated<boolean>; version: number };
}

export interface SubscriptionRow {
  id: string;
  user_id: string;
  state: SubscriptionState;
  /** Null for a subscription that is paid for on Stripe's own page, in a session that has an end. */
  payment_method_id: string | null;
  checkout_session_id: string | null;
  checkout_expires_at: Date | null;
  first_month_free: boolean;
  attempt: Generated<number>;
  attempted_at: Date;
  lease_until: Date | null;
  stripe_id: string | null;
  stripe_item_id: string | null;
  monthly_cents: number;
  next_cents: number;
  next_from: string;
  change_number: Generated<number>;
  started_at: Date | null;
  cancel_at: Date | null;
  ended_at: Date | null;
  /** A raise whose invoice waits for its payment; the three are null together. */
  raise_cents: number | null;
  raise_invoice_id: string | null;
  raise_expires_at: Date | null;
  version: Generated<number>;
  requested_at: Date;
}

export interface SubscriptionChangeRow {
  subscription_id: string;
  number: number;
  asked: 'now' | 'next_month' | 'cancel' | 'resume';
  monthly_cents: number | null;
  prorated_from: Date | null;
  state: ChangeState;
  requested_at: Date;
  numbered_at: Date;
  lease_until: Date | null;
}

export interface StripeEventRow {
  id: string;
  endpoint: EventEndpoint;
  type: string;
  object_id: string;
  account_id: string | null;
  created_at: Date;
  received_at: Date;
  payload: Buffer;
  state: EventState;
  due_at: Date;
  attempts: Generated<number>;
  failure: string | null;
}

export interface InvoiceRow {
  id: string;
  user_id: string | null;
  subscription_id: string | null;
  status: InvoiceStatus;
  total_cents: number;
  paid_cents: number;
  created_at: Date;
  paid_at: Date | null;
  outcome: 'funded' | 'suspended' | null;
  suspense_reason: SuspenseReason | null;
  void_attempt: Generated<number>;
}

export interface InvoiceMonthRow {
  invoice_id: string;
  month: string;
  user_id: string;
  subscription_id: string;
  cents: number;
  state: 'open' | 'paid' | 'none';
}

export interface PaymentRow {
  payment_intent_id: string;
  invoice_id: string;
  charge_id: string | null;
  amount_cents: number;
  balance_transaction_id: string | null;
  net_cents: number | null;
  available_on: Date | null;
  available: Generated<boolean>;
}

export interface FundingRow {
  user_id: string;
  month: string;
  paid_cents: number;
  open_cents: number;
  funding: Funding;
  invoice_ids: string[];
  version: number;
}

export interface RefundOrderRow {
  id: string;
  reason: 'paid_late' | 'operator';
  payment_intent_id: string;
  invoice_id: string;
  amount_cents: number;
  state: Generated<RefundOrderState>;
  /** Counts the idempotency keys. */
  attempt: Generated<number>;
  key_first_used_at: Date | null;
  tries: Generated<number>;
  due_at: Date;
  lease_until: Date | null;
  stripe_id: string | null;
  failure: string | null;
  requested_at: Date;
  traceparent: string | null;
}

/** A refund that we ask for. */
export type RefundOrder = Selectable<RefundOrderRow>;

/** `look_up`: whether Stripe has made it is not known. `refused`: an operator sees to it. */
export type RefundOrderState = 'waiting' | 'look_up' | 'look_up_again' | 'made' | 'refused';

export interface PaymentFactRow {
  id: string;
  kind: FactKind;
  object_id: string;
  payment_intent_id: string;
  invoice_id: string | null;
  refund_order_id: string | null;
  amount_cents: number;
  fee_cents: number;
  at: Date;
  recorded_at: Date;
}

export interface ReversalRow {
  id: string;
  kind: ReversalKind;
  fact_id: string | null;
  settles: string | null;
  invoice_id: string;
  user_id: string;
  month: string;
  amount_cents: number;
  budget_month: string | null;
  budget_cents: number;
  at: Date;
}

export interface RevenueWithdrawalRow {
  month: string;
  state: Generated<RevenueWithdrawalState>;
  amount_cents: Generated<number>;
  key_first_used_at: Date | null;
  tries: Generated<number>;
  due_at: Date | null;
  lease_until: Date | null;
  stripe_id: string | null;
  failure: string | null;
  requested_at: Date;
  traceparent: string | null;
}

/** A month's revenue on its way to the platform's bank. */
export type RevenueWithdrawal = Selectable<RevenueWithdrawalRow>;

/** `pending`: its amount is not decided. `nothing`: there was none. `look_up`: whether Stripe has made it is not known. */
export type RevenueWithdrawalState =
  | 'pending'
  | 'nothing'
  | 'sending'
  | 'look_up'
  | 'look_up_again'
  | 'sent'
  | 'refused'
  | 'came_back';

/** A close whose books are to be checked again. */
export interface BooksDueRow {
  run_id: string;
  stage: 'payout_books' | 'reversal_books';
  month: string;
  asked: number;
  traceparent: string | null;
}

export interface EarningWaitingRow {
  run_id: string;
  recipient_user_id: string;
  month: string;
  kind: RunKind;
  gross_cents: number;
  fee_cents: number;
  net_cents: number;
  line_count: number;
  cause_event_id: string;
}

export interface EscrowMoveRow {
  run_id: string;
  month: string;
  state: EscrowMoveState;
  obligations_cents: Generated<number>;
  moved_cents: Generated<number>;
  shortfall_cents: Generated<number>;
  version: Generated<number>;
  requested_at: Date;
  completed_at: Date | null;
  traceparent: string | null;
  /** Counts the idempotency keys; a move that failed is made again under another one. */
  attempt: Generated<number>;
  key_first_used_at: Date | null;
  tries: Generated<number>;
  due_at: Date | null;
  lease_until: Date | null;
  stripe_id: string | null;
  reason: string | null;
}

/** A move of a close's money into storage. */
export type EscrowMove = Selectable<EscrowMoveRow>;

/** `pending` is undecided; from `sending` on the amount stands. `look_up`: whether Stripe has made it is not known. */
export type EscrowMoveState =
  | 'pending'
  | 'waiting_for_funds'
  | 'sending'
  | 'look_up'
  | 'look_up_again'
  | 'in_transit'
  | 'failed'
  | 'completed';
