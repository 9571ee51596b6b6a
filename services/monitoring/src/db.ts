import type { booksChecked, Equation, MessageOf, ParkedState, ServiceName } from '@wewrite/contracts';
import type { ServiceContext } from '@wewrite/service-kit';
import type { Generated } from 'kysely';
import type { Config } from './config.ts';

/** The tables of schema `monitoring`. */
export interface Schema {
  month_run: MonthRunTable;
  step_progress: StepProgressTable;
  books: BooksTable;
  writer_net: WriterNetTable;
  reported_parked: ReportedParkedTable;
  operator_order: OperatorOrderTable;
}

/** What the kit gives to monitoring. */
export type Context = ServiceContext<Config, Schema>;

export interface MonthRunTable {
  run_id: string;
  month: string;
  kind: 'close' | 'rehearsal';
  trace_id: string | null;
  state: 'running' | 'reconciled' | 'unexplained';
  unexplained_cents: number | null;
  /** Once the run is judged: by what. */
  equations: Equation[];
  changed_at: Date;
}

export interface StepProgressTable {
  run_id: string;
  step: string;
  expected: number | null;
  done: number;
  sums: Record<string, number>;
  state: 'running' | 'waiting_for_funds' | 'done';
  version: number;
  books_version: number | null;
  started_at: Date;
  changed_at: Date;
}

export interface WriterNetTable {
  run_id: string;
  month: string;
  kind: 'close' | 'rehearsal';
  user_id: string;
  net_cents: number;
}

export interface BooksTable {
  service: string;
  run_key: string;
  version: number;
  month: string | null;
  stage: string;
  checked_at: Date;
  equations: MessageOf<typeof booksChecked>['equations'];
  sums: Record<string, number>;
  taken_in: Record<string, number>;
}

export interface ReportedParkedTable {
  place: Generated<number>;
  id: string;
  service: ServiceName;
  topic: string;
  message_id: string;
  key: string | null;
  reason: string;
  state: ParkedState;
  version: number;
  can_be_dropped: boolean;
  answered_command_id: string | null;
  parked_at: Date;
  changed_at: Date;
}

export interface OperatorOrderTable {
  place: Generated<number>;
  command_id: string;
  parked_id: string;
  order: 'replay' | 'drop';
  ordered_by: string;
  reason: string;
  ordered_at: Date;
}
