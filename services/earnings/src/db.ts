import type { ResourceType } from '@wewrite/contracts';
import type { ServiceContext } from '@wewrite/service-kit';
import type { Generated, Transaction } from 'kysely';
import type { Config } from './config.ts';
import type { RunState } from './run.ts';

/** The tables of the schema `earnings`, as `migrations/` makes them. Amounts are whole cents. */
export interface Schema {
  readonly run: {
    readonly run_id: string;
    readonly month: string;
    readonly kind: string;
    readonly state: Generated<RunState>;
    readonly after_user_id: Generated<string>;
    readonly fee_basis_points: number;
    readonly traceparent: string | null;
  };
  readonly chunk: { readonly run_id: string; readonly chunk: number; readonly line_count: number };
  readonly supporter_month: {
    readonly run_id: string;
    readonly user_id: string;
    readonly paid_cents: number;
    readonly funded_cents: number;
    readonly unallocated_cents: number;
    readonly unfunded_cents: number;
  };
  readonly writer_month: {
    readonly run_id: string;
    readonly recipient_user_id: string;
    readonly gross_cents: number;
    readonly fee_cents: number;
    readonly net_cents: number;
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
    readonly month: string;
    readonly user_id: string;
    readonly recipient_user_id: string;
    readonly resource_type: ResourceType;
    readonly resource_id: string;
    readonly usd_cents: number;
    readonly funded_cents: number;
    readonly status: 'locked' | 'processed';
    readonly fee_cents: number | null;
  };
}

export type Tx = Transaction<Schema>;
export type Context = ServiceContext<Config, Schema>;
