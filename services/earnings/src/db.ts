import type { Cents, Month, ResourceType, RunKind } from '@wewrite/contracts';
import type { ServiceContext } from '@wewrite/service-kit';
import type { Transaction } from 'kysely';
import type { Config } from './config.ts';
import type { RunState } from './run.ts';

/** What is read through kysely of the schema that `migrations/` makes; set-based statements are written as SQL. */
export interface Schema {
  readonly run: {
    readonly run_id: string;
    readonly month: Month;
    readonly kind: RunKind;
    readonly state: RunState;
    readonly after_user_id: string;
    readonly fee_basis_points: number;
    readonly traceparent: string | null;
  };
  readonly supporter_month: {
    readonly run_id: string;
    readonly user_id: string;
    readonly paid_cents: Cents;
    readonly funded_cents: Cents;
    readonly unallocated_cents: Cents;
    readonly unfunded_cents: Cents;
  };
  readonly writer_month: {
    readonly run_id: string;
    readonly recipient_user_id: string;
    readonly gross_cents: Cents;
    readonly fee_cents: Cents;
    readonly net_cents: Cents;
    readonly line_count: number;
    readonly last_extra_remainder: number | null;
    readonly last_extra_line_id: string | null;
  };
  /** A view: nothing is inserted or updated here. */
  readonly line_detail: {
    readonly run_id: string;
    readonly chunk: number;
    readonly position: number;
    readonly line_id: string;
    readonly month: Month;
    readonly user_id: string;
    readonly recipient_user_id: string;
    readonly resource_type: ResourceType;
    readonly resource_id: string;
    readonly usd_cents: Cents;
    readonly funded_cents: Cents;
    readonly status: 'locked' | 'processed';
    readonly fee_cents: Cents | null;
  };
}

export type Tx = Transaction<Schema>;
export type Context = ServiceContext<Config, Schema>;
