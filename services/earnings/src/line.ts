import { type Cents, cents, type Month, type ResourceType } from '@wewrite/contracts';
import { sql } from 'kysely';

/** A line of a calculated month, with what reversals have taken of it (E5). Amounts are as `line_state` has them. */
export interface Line {
  readonly runId: string;
  readonly chunk: number;
  readonly position: number;
  readonly lineId: string;
  readonly month: Month;
  readonly userId: string;
  readonly recipientUserId: string;
  readonly resourceType: ResourceType;
  readonly resourceId: string;
  readonly status: 'locked' | 'processed';
  readonly usdCents: Cents;
  readonly fundedCents: Cents;
  readonly feeCents: Cents;
  readonly takenGrossCents: Cents;
  readonly takenFeeCents: Cents;
  readonly disputedGrossCents: Cents;
  readonly disputedFeeCents: Cents;
}

/** The columns of {@link Line}, to be selected from `line_state`. */
export const lineColumns = sql`
  run_id as "runId", chunk, position, line_id as "lineId", month, user_id as "userId",
  recipient_user_id as "recipientUserId", resource_type as "resourceType", resource_id as "resourceId", status,
  usd_cents as "usdCents", funded_cents as "fundedCents", fee_cents as "feeCents",
  taken_gross_cents as "takenGrossCents", taken_fee_cents as "takenFeeCents",
  disputed_gross_cents as "disputedGrossCents", disputed_fee_cents as "disputedFeeCents"`;

/** An amount with its share of the platform fee; net is gross less fee. */
export interface Amounts {
  readonly grossCents: Cents;
  readonly feeCents: Cents;
}

/** What of a line is neither taken back nor in dispute. */
export function leftOf(line: Line): Amounts {
  return {
    grossCents: cents(line.fundedCents - line.takenGrossCents - line.disputedGrossCents),
    feeCents: cents(line.feeCents - line.takenFeeCents - line.disputedFeeCents),
  };
}
