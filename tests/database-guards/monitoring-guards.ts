import { type Guards, kitTables, unheardOf } from './guards.ts';

/** B5: what the standing of a month, and what operators have ordered, never are. */
export const monitoringGuards: Guards = {
  unchanged: ['migration', 'operator_order'],
  unremoved: ['migration', 'operator_order'],
  tables: {
    ...kitTables,
    month_run: {
      row: { kind: 'close' },
      refused: { month_run_kind_check: { kind: unheardOf }, month_run_state_check: { state: unheardOf } },
    },
    operator_order: {
      row: { order: 'drop' },
      refused: {
        operator_order_order_check: { order: unheardOf },
      },
      once: {
        operator_order_command_id_key: [{}, {}],
      },
    },
    reported_parked: {
      row: { state: 'parked' },
      refused: { reported_parked_state_check: { state: unheardOf } },
      implied: ['reported_parked_place_key'],
    },
    step_progress: { row: { state: 'done' }, refused: { step_progress_state_check: { state: unheardOf } } },
    writer_net: { row: { kind: 'close' }, refused: { writer_net_kind_check: { kind: unheardOf } } },
  },
};
