import type { Funding, Month, ResourceType, RunKind, UserId, WriterState } from '@wewrite/contracts';
import type { ServiceContext } from '@wewrite/service-kit';
import type { Config } from './config.ts';
import type { ScheduleState } from './schedule.ts';

/** The tables of the schema `allocations`; see `migrations/`. Amounts are whole cents. */
export interface Schema {
  resource: ResourceTable;
  budget: BudgetTable;
  funding_closing: FundingClosingTable;
  plan: PlanTable;
  allocation: AllocationTable;
  allocation_change: AllocationChangeTable;
  imported_wish: ImportedWishTable;
  schedule: ScheduleTable;
  month_close: MonthCloseTable;
  rehearsal: MonthCloseTable;
  close_chunk: CloseChunkTable;
  writer_state: WriterStateTable;
  preference: { user_id: UserId; increment_cents: number };
  books_version: { only_row: boolean; version: number };
}

export interface ResourceTable {
  resource_type: ResourceType;
  resource_id: string;
  owner_user_id: UserId;
  title: string;
}

export interface BudgetTable {
  month: Month;
  user_id: UserId;
  paid_cents: number;
  open_cents: number;
  funding: Funding;
  invoice_ids: string[];
  version: number;
}

export interface FundingClosingTable {
  month: Month;
  supporters: number;
  paid_cents: number;
  hash: string;
}

export interface PlanTable {
  user_id: UserId;
  version: number;
  first_changed_at: Date | null;
  last_changed_at: Date | null;
}

export interface AllocationTable {
  user_id: UserId;
  resource_type: ResourceType;
  resource_id: string;
  recipient_user_id: UserId;
  usd_cents: number;
  since: Date;
  version: number;
}

export interface AllocationChangeTable {
  user_id: UserId;
  version: number;
  resource_type: ResourceType;
  resource_id: string;
  recipient_user_id: UserId;
  before_cents: number;
  before_recipient_user_id: UserId | null;
  before_since: Date | null;
  before_month: Month | null;
  after_cents: number;
  month: Month;
  at: Date;
  changed_by: UserId;
  request_id: string;
  cause: ChangeCause;
  /** What it tells of a writer, where that is its cause. */
  writer_state: WriterState | null;
}

/**
 * Whether a supporter changed the plan, one of the plan's schedules did (A9), a writer's state was told of (A11), or an
 * import brought it (A13).
 */
export type ChangeCause = 'user' | 'schedule' | 'writer_unavailable' | 'import';

/** What has become of a row of an imported plan (A13). */
export type ImportState = 'entered' | 'duplicate' | 'merged' | 'superseded';

export interface ImportedWishTable {
  user_id: UserId;
  position: number;
  resource_type: ResourceType;
  resource_id: string;
  usd_cents: number;
  state: ImportState;
  imported_at: Date;
  imported_by: UserId;
}

export interface ScheduleTable {
  id: string;
  /** In the order in which they were made. */
  number: number;
  user_id: UserId;
  resource_type: ResourceType;
  resource_id: string;
  recipient_user_id: UserId;
  kind: 'set' | 'add';
  usd_cents: number;
  from_month: Month;
  through_month: Month | null;
  state: ScheduleState;
  due_month: Month | null;
  ended_by_version: number | null;
  version: number;
}

/** A close waits until all of the month's funding is known (B7), then freezes chunk by chunk, then is done for good (B6). */
export type MonthCloseState = 'waiting_for_funding' | 'locking' | 'locked';

export interface MonthCloseTable {
  month: Month;
  run_id: string;
  kind: RunKind;
  cutoff: Date;
  state: MonthCloseState;
  started_at: Date;
  started_by: string;
  traceparent: string | null;
  locked_at: Date | null;
  after_user_id: string;
  candidates_expected: number | null;
  candidates_done: number;
  progress_version: number;
  chunks: number;
  supporters: number;
  lines: number;
  paid_cents: number;
  funded_cents: number;
  unallocated_cents: number;
  unfunded_cents: number;
  backfilled: boolean;
  left_out_lines: number;
  left_out_cents: number;
  /** Of a rehearsal, once its lock has begun. */
  budget_changes?: number | null;
}

export interface CloseChunkTable {
  run_id: string;
  chunk: number;
  first_user_id: UserId;
  last_user_id: UserId;
  sha256: Buffer;
  payload: Buffer;
}

export interface WriterStateTable {
  user_id: UserId;
  since: Date;
  until: Date | null;
  state: WriterState;
}

/** What the kit gives to this service. */
export type Context = ServiceContext<Config, Schema>;
