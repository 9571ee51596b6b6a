import { at, type Guards, kitTables, unheardOf } from './guards.ts';

const largerThanAMessage = `\\x${'00'.repeat(262_145)}`;

/** A4, A9 to A11, B1 to B3: what plans, schedules and closes never are. */
export const allocationsGuards: Guards = {
  unchanged: ['allocation_change', 'close_chunk', 'migration'],
  unremoved: ['allocation_change', 'close_chunk', 'imported_wish', 'migration', 'month_close', 'schedule'],
  tables: {
    ...kitTables,
    allocation: {
      row: {},
      refused: {
        allocation_told_writer_state_check: { told_writer_state: unheardOf },
        allocation_usd_cents_check: { usd_cents: 0 },
      },
    },
    allocation_change: {
      row: { before_cents: 0 },
      refused: {
        allocation_change_after_cents_check: { after_cents: -1 },
        allocation_change_before_cents_check: { before_cents: -1 },
        allocation_change_cause_check: { cause: unheardOf },
        allocation_change_check: { before_cents: 1 },
        allocation_change_check1: { writer_state: 'open' },
        allocation_change_writer_state_check: { cause: 'writer_unavailable', writer_state: unheardOf },
      },
    },
    books_version: { row: {}, refused: { books_version_only_row_check: { only_row: false } } },
    budget: {
      row: { funding: 'none' },
      refused: {
        budget_funding_check: { funding: unheardOf },
        budget_open_cents_check: { open_cents: -1 },
        budget_paid_cents_check: { paid_cents: -1 },
      },
    },
    close_chunk: { row: {}, refused: { close_chunk_payload_check: { payload: largerThanAMessage } } },
    imported_wish: {
      row: { state: 'entered' },
      refused: {
        imported_wish_state_check: { state: unheardOf },
        imported_wish_usd_cents_check: { usd_cents: 0 },
      },
    },
    month_close: {
      row: { state: 'waiting_for_funding' },
      refused: {
        month_close_check: { locked_at: at },
        month_close_check1: { candidates_expected: 1 },
        month_close_check2: { paid_cents: 1 },
        month_close_kind_check: { kind: 'rehearsal' },
        month_close_state_check: { state: unheardOf, candidates_expected: 1 },
      },
      once: {
        month_close_run_id_key: [{}, { month: '2026-12' }],
      },
    },
    preference: { row: {}, refused: { preference_increment_cents_check: { increment_cents: 0 } } },
    rehearsal: {
      row: { state: 'waiting_for_funding' },
      refused: {
        month_close_check: { locked_at: at },
        month_close_check1: { candidates_expected: 1 },
        month_close_check2: { paid_cents: 1 },
        month_close_state_check: { state: unheardOf, candidates_expected: 1 },
        rehearsal_kind_check: { kind: 'close' },
      },
      once: {
        rehearsal_run_id_key: [{}, { month: '2026-12' }],
      },
    },
    rehearsal_chunk: { row: {}, refused: { close_chunk_payload_check: { payload: largerThanAMessage } } },
    schedule: {
      row: { kind: 'set', state: 'planned', from_month: '2026-12' },
      refused: {
        schedule_check: { through_month: '2026-12' },
        schedule_check1: { kind: 'add', through_month: '2026-12', usd_cents: 0 },
        schedule_check2: { kind: 'add', through_month: '2026-11' },
        schedule_check3: { state: 'ended', due_month: '2026-12' },
        schedule_check4: { ended_by_version: 1 },
        schedule_kind_check: { kind: unheardOf },
        schedule_state_check: { state: unheardOf },
        schedule_usd_cents_check: { usd_cents: -1 },
      },
    },
    writer_state: {
      row: { state: 'open', since: at },
      refused: {
        writer_state_check: { until: at },
        writer_state_state_check: { state: unheardOf },
      },
      once: {
        writer_state_current: [{}, { since: '2026-11-21T00:00:00Z' }],
      },
    },
  },
};
