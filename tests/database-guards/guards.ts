/** Columns and what they hold; the others hold something plausible. */
export type Row = Readonly<Record<string, string | number | boolean | null>>;

/** A table's checks and unique rules. */
export interface GuardedTable {
  /** A statement that makes room for rows. */
  readonly before?: string;
  /** What a row needs that is taken. */
  readonly row: Row;
  /** By the name of the check: what of such a row makes the database refuse it. */
  readonly refused?: Readonly<Record<string, Row>>;
  /** By the name of the unique rule: what of two such rows makes it refuse the second. */
  readonly once?: Readonly<Record<string, readonly [Row, Row]>>;
  /** Guards that never get to speak, since another one always does before. */
  readonly implied?: readonly string[];
}

/** What a service's database refuses, whatever its code does. */
export interface Guards {
  readonly tables: Readonly<Record<string, GuardedTable>>;
  /** Tables whose rows the service itself cannot change; and those whose rows it cannot remove. */
  readonly unchanged: readonly string[];
  readonly unremoved: readonly string[];
}

/** A word that no list of states, kinds or reasons has. */
export const unheardOf = 'unheard of';
/** An instant, and ids that differ. */
export const at = '2026-11-20T00:00:00Z';
export const [one, other] = ['00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b'];

/** The tables that every service has of the kit. */
export const kitTables: Guards['tables'] = {
  completion: {
    row: { kind: 'close' },
    refused: { completion_kind_check: { kind: unheardOf }, completion_state_check: { state: unheardOf } },
  },
  idempotent_request: { row: {}, refused: { idempotent_request_check: { status: 200 } } },
  outbox: { row: { payload: '{}' }, refused: { outbox_check: { payload: null } } },
  schedule_run: { row: { state: 'done' }, refused: { schedule_run_state_check: { state: unheardOf } } },
};
