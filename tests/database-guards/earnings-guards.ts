import { type Guards, kitTables, one, other, unheardOf } from './guards.ts';

const concluded = { kind: 'dispute_won', settles: one, invoice_id: 'in_1', stripe_id: 'du_1' };

/** B2, B3, C1, C4, C6, E5: what lines, months, reversals and holds never are. */
export const earningsGuards: Guards = {
  unchanged: [
    'answer',
    'applied_reversal',
    'chunk',
    'hold',
    'hold_change',
    'line',
    'line_reversal',
    'migration',
    'payout',
    'payout_outcome',
    'question',
    'reversal',
    'supporter_month',
    'writer_month',
  ],
  unremoved: [
    'answer',
    'applied_reversal',
    'books',
    'chunk',
    'hold',
    'hold_change',
    'line',
    'line_reversal',
    'migration',
    'payout',
    'payout_outcome',
    'question',
    'reversal',
    'run',
    'schedule',
    'standing',
    'supporter_month',
    'writer_month',
  ],
  tables: {
    ...kitTables,
    books: { row: {}, refused: { books_only_row_check: { only_row: false } } },
    chunk: { row: {}, refused: { chunk_chunk_check: { chunk: -1 }, chunk_line_count_check: { line_count: -1 } } },
    hold: { row: {}, refused: { hold_check: { chunk: 1 }, hold_net_cents_check: { net_cents: -1 } } },
    hold_change: {
      row: { state: 'held' },
      refused: {
        hold_change_check: { version: 2 },
        hold_change_state_check: { state: unheardOf, version: 2 },
      },
    },
    line: {
      before: `select create_line_partition('${one}')`,
      row: { run_id: one },
      refused: { line_check: { funded_cents: 2 } },
      implied: ['line_usd_cents_check'],
    },
    payout: {
      row: { gross_cents: 2 },
      refused: {
        payout_check: { gross_cents: 3 },
        payout_gross_cents_check: { gross_cents: -1, processing_fee_cents: -2 },
        payout_net_cents_check: { gross_cents: 1, processing_fee_cents: 2, net_cents: -1 },
        payout_processing_fee_cents_check: { gross_cents: 1, processing_fee_cents: -1, net_cents: 2 },
      },
    },
    payout_outcome: { row: { outcome: 'paid' }, refused: { payout_outcome_outcome_check: { outcome: unheardOf } } },
    question: { row: { asked_as: 'writer' }, refused: { question_asked_as_check: { asked_as: unheardOf } } },
    reversal: {
      row: { kind: 'operator' },
      refused: {
        reversal_amount_cents_check: { amount_cents: -1 },
        reversal_check: { invoice_id: 'in_1' },
        reversal_kind_check: { ...concluded, kind: unheardOf },
      },
      once: {
        reversal_settles: [concluded, { ...concluded, reversal_id: other }],
      },
    },
    run: {
      row: { kind: 'close' },
      refused: {
        run_check: { after_user_id: 'anna' },
        run_fee_basis_points_check: { fee_basis_points: 10_001 },
        run_kind_check: { kind: unheardOf },
        run_state_check: { state: unheardOf },
      },
      once: {
        run_month: [{}, { run_id: other }],
      },
    },
    schedule: {
      row: { kind: 'set', state: 'planned' },
      refused: {
        schedule_kind_check: { kind: unheardOf },
        schedule_state_check: { state: unheardOf },
        schedule_usd_cents_check: { usd_cents: -1 },
      },
    },
    standing: { row: {}, refused: { standing_usd_cents_check: { usd_cents: -1 } } },
    supporter_month: {
      row: { paid_cents: 2 },
      refused: {
        supporter_month_check: { paid_cents: 3 },
        supporter_month_funded_cents_check: { funded_cents: -1, paid_cents: 0 },
        supporter_month_paid_cents_check: { funded_cents: 0, unallocated_cents: -1, paid_cents: -1 },
        supporter_month_unallocated_cents_check: { unallocated_cents: -1, paid_cents: 0 },
        supporter_month_unfunded_cents_check: { unfunded_cents: -1 },
      },
    },
    writer_month: {
      row: { gross_cents: 2 },
      refused: {
        writer_month_check: { gross_cents: 3 },
        writer_month_check1: { last_extra_remainder: 1 },
        writer_month_fee_cents_check: { fee_cents: -1, gross_cents: 0 },
        writer_month_gross_cents_check: { fee_cents: 0, net_cents: -1, gross_cents: -1 },
        writer_month_line_count_check: { line_count: 0 },
        writer_month_net_cents_check: { net_cents: -1, gross_cents: 0 },
      },
    },
  },
};
