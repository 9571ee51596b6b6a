import { at, type Guards, kitTables, one, other, unheardOf } from './guards.ts';

const made = { state: 'made', stripe_id: 're_1' };
const sent = { state: 'sent', stripe_id: 'po_1' };
const opened = { payment_method_id: null, checkout_expires_at: at, checkout_session_id: 'cs_1' };
const concluded = { kind: 'dispute_won', settles: one };

/** E1 to E5, B7, B8: what subscriptions, funding, reversals and moves of money never are. */
export const billingGuards: Guards = {
  unchanged: ['funding_close', 'migration', 'payment_fact', 'reversal', 'suspended_reversal'],
  unremoved: [
    'books_version',
    'funding_close',
    'migration',
    'payment_fact',
    'reversal',
    'suspended_reversal',
    'taken_in',
  ],
  tables: {
    ...kitTables,
    books_version: { row: {}, refused: { books_version_single_check: { single: false } } },
    customer: { row: { stripe_id: 'cus_1' }, once: { customer_stripe_id_key: [{}, { user_id: 'other' }] } },
    escrow_move: {
      row: { state: 'pending' },
      refused: {
        escrow_move_check: { completed_at: at },
        escrow_move_state_check: { state: unheardOf },
      },
      once: {
        escrow_move_stripe_id_key: [{ stripe_id: 'po_1' }, { stripe_id: 'po_1', run_id: other }],
      },
    },
    funding: {
      row: {},
      refused: {
        funding_funding_check: { funding: unheardOf },
        funding_open_cents_check: { open_cents: -1 },
        funding_paid_cents_check: { paid_cents: -1 },
      },
    },
    invoice: {
      row: { status: 'paid' },
      refused: {
        invoice_check: { outcome: 'suspended' },
        invoice_check1: { status: 'open', outcome: 'funded' },
        invoice_outcome_check: { outcome: unheardOf },
        invoice_status_check: { status: unheardOf },
        invoice_suspense_reason_check: { outcome: 'suspended', suspense_reason: unheardOf },
      },
    },
    invoice_month: { row: { state: 'open' }, refused: { invoice_month_state_check: { state: unheardOf } } },
    payment: {
      row: { charge_id: 'ch_1', balance_transaction_id: 'txn_1', net_cents: 1, available_on: at },
      refused: {
        payment_check: { net_cents: null },
      },
      once: {
        payment_balance_transaction_id_key: [{}, { payment_intent_id: 'pi_2', charge_id: 'ch_2' }],
        payment_charge_id_key: [{}, { payment_intent_id: 'pi_2', balance_transaction_id: 'txn_2' }],
      },
    },
    payment_fact: {
      row: { kind: 'refund' },
      refused: {
        payment_fact_amount_cents_check: { amount_cents: 0 },
        payment_fact_kind_check: { kind: unheardOf },
      },
    },
    portal_configuration: { row: {}, refused: { portal_configuration_single_check: { single: false } } },
    refund_order: {
      row: { reason: 'operator' },
      refused: {
        refund_order_amount_cents_check: { amount_cents: 0 },
        refund_order_check: { stripe_id: 're_1' },
        refund_order_reason_check: { reason: unheardOf },
        refund_order_state_check: { state: unheardOf },
      },
      once: {
        refund_order_stripe_id_key: [made, { ...made, id: other }],
      },
    },
    revenue_withdrawal: {
      row: {},
      refused: {
        revenue_withdrawal_amount_cents_check: { amount_cents: -1 },
        revenue_withdrawal_check: { stripe_id: 'po_1' },
        revenue_withdrawal_state_check: { state: unheardOf },
      },
      once: {
        revenue_withdrawal_stripe_id_key: [sent, { ...sent, month: '2026-12' }],
      },
    },
    reversal: {
      row: { kind: 'refund', fact_id: 'txn_1' },
      refused: {
        reversal_amount_cents_check: { amount_cents: 0 },
        reversal_check: { budget_cents: -1 },
        reversal_check1: { fact_id: null },
        reversal_check2: { settles: one },
        reversal_kind_check: { kind: unheardOf, settles: one },
      },
      once: {
        reversal_settles: [concluded, { ...concluded, id: other }],
      },
    },
    stripe_event: {
      row: { endpoint: 'platform', state: 'waiting' },
      refused: {
        stripe_event_endpoint_check: { endpoint: unheardOf },
        stripe_event_state_check: { state: unheardOf },
      },
    },
    subscription: {
      row: { state: 'creating', payment_method_id: 'pm_1', next_from: '2026-12' },
      refused: {
        subscription_check: { state: 'active' },
        subscription_checkout: { payment_method_id: null },
        subscription_monthly_cents_check: { monthly_cents: 0 },
        subscription_next_cents_check: { next_cents: 0 },
        subscription_next_from_check: { next_from: '2026-13' },
        subscription_raise: { raise_cents: 1 },
        subscription_raise_cents_check: { raise_cents: 0, raise_invoice_id: 'in_1', raise_expires_at: at },
        subscription_state_check: { state: unheardOf },
      },
      once: {
        subscription_checkout_session_id_key: [opened, { ...opened, id: other, user_id: 'other' }],
        subscription_one_a_user: [{}, { id: other }],
        subscription_stripe_id_key: [{ stripe_id: 'sub_1' }, { stripe_id: 'sub_1', id: other, user_id: 'other' }],
      },
    },
    subscription_change: {
      row: { asked: 'resume', state: 'sending' },
      refused: {
        subscription_change_asked_check: { asked: unheardOf },
        subscription_change_check: { monthly_cents: 1 },
        subscription_change_check1: { prorated_from: at },
        subscription_change_check2: { state: 'checking' },
        subscription_change_monthly_cents_check: { asked: 'next_month', monthly_cents: 0 },
        subscription_change_state_check: { state: unheardOf },
      },
      once: {
        subscription_change_unfinished: [{}, { number: 2 }],
      },
    },
    suspended_reversal: { row: {}, refused: { suspended_reversal_cents_check: { cents: 0 } } },
  },
};
