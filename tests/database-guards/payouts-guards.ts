import { type Guards, kitTables, one, other, unheardOf } from './guards.ts';

/** D1 to D8, C6: what payouts, their transfers and writers' balances never are. */
export const payoutsGuards: Guards = {
  unchanged: ['adjustment', 'migration', 'payout_attempt', 'payout_order', 'writer_credit'],
  unremoved: ['adjustment', 'migration', 'payout_attempt', 'payout_order', 'stripe_pace', 'writer_credit'],
  tables: {
    ...kitTables,
    adjustment: { row: { kind: 'refund' }, refused: { adjustment_kind_check: { kind: unheardOf } } },
    books_version: { row: {}, refused: { books_version_singleton_check: { singleton: false } } },
    judgement: {
      row: { payout_id: one },
      refused: {
        judgement_check: { reason: 'on_hold' },
        judgement_reason_check: { payout_id: null, reason: unheardOf },
      },
    },
    payout: {
      row: { status: 'requested', gross_cents: 2 },
      refused: {
        payout_check: { gross_cents: 3 },
        payout_gross_cents_check: { processing_fee_cents: -1, gross_cents: 0 },
        payout_net_cents_check: { net_cents: 0, gross_cents: 1 },
        payout_status_check: { status: unheardOf },
      },
      once: {
        payout_month_user_id_key: [{}, { id: other }],
      },
    },
    payout_account: {
      row: { account_id: 'acct_1' },
      once: { payout_account_account_id_key: [{}, { user_id: 'other' }] },
    },
    payout_attempt: {
      row: { outcome: 'made' },
      refused: { payout_attempt_outcome_check: { outcome: unheardOf } },
    },
    payout_month: {
      row: {},
      refused: {
        payout_month_state_check: { state: unheardOf },
      },
      once: {
        payout_month_month_key: [{}, { run_id: other }],
      },
    },
    payout_order: { row: { kind: 'hold' }, refused: { payout_order_kind_check: { kind: unheardOf } } },
    rehearsal: { row: {}, refused: { rehearsal_state_check: { state: unheardOf } } },
    rehearsed_credit: { row: {}, refused: { rehearsed_credit_net_cents_check: { net_cents: -1 } } },
    rehearsed_judgement: {
      row: { gross_cents: 2 },
      refused: {
        rehearsed_judgement_check: { gross_cents: 3 },
        rehearsed_judgement_check1: { reason: 'on_hold' },
      },
    },
    stripe_pace: { row: {}, refused: { stripe_pace_singleton_check: { singleton: false } } },
    transfer_job: { row: {}, refused: { transfer_job_state_check: { state: unheardOf } } },
    writer_hold: {
      row: { because: 'hold', state: 'held' },
      refused: {
        writer_hold_because_check: { because: unheardOf },
        writer_hold_held_cents_check: { held_cents: -1 },
        writer_hold_state_check: { state: unheardOf },
        writer_hold_wanted_cents_check: { wanted_cents: -1 },
      },
    },
  },
};
