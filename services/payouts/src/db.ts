import type { AdjustmentKind } from '@wewrite/contracts';

/** The tables of schema `payouts`, beside those of the kit and the ledger. */
export interface Schema {
  payout_account: PayoutAccountTable;
  payout_month: PayoutMonthTable;
  writer_credit: WriterCreditTable;
  payout: PayoutTable;
  judgement: JudgementTable;
  transfer_job: TransferJobTable;
  payout_attempt: PayoutAttemptTable;
  rehearsal: RehearsalTable;
  payout_order: PayoutOrderTable;
  writer_hold: WriterHoldTable;
  adjustment: AdjustmentTable;
}

export interface RehearsalTable {
  run_id: string;
  month: string;
  state: 'collecting' | 'judging' | 'judged';
  /** Writers up to this id, in byte order, are judged; before the first: ''. */
  judged_through: string;
  writers_judged: number;
  /** Rises with each progress message of the judging. */
  version: number;
  traceparent: string | null;
}

export interface PayoutAccountTable {
  user_id: string;
  account_id: string | null;
  can_receive: boolean;
  requirements: string[];
  version: number;
  refresh_due: boolean;
  refresh_asked: number;
  changed_at: Date;
}

export interface PayoutMonthTable {
  run_id: string;
  month: string;
  /** All writers are credited, and what was taken back before the closing message of their earnings is taken (E5). */
  credits_complete: boolean;
  escrow_funded: boolean;
  state: 'collecting' | 'judging' | 'requested';
  /** Writers up to this id, in byte order, are judged. */
  judged_through: string | null;
  writers_expected: number | null;
  writers_judged: number;
  payouts_requested: number;
  payouts_settled: number;
  /** Of those, the ones that have come back. */
  payouts_returned: number;
  /** Rises with each progress message of the run. */
  version: number;
  traceparent: string | null;
}

export interface WriterCreditTable {
  run_id: string;
  month: string;
  user_id: string;
  gross_cents: number;
  fee_cents: number;
  net_cents: number;
}

export type PayoutStatus = 'requested' | 'submitting' | 'submitted' | 'paid' | 'failed' | 'returned' | 'canceled';

export interface PayoutTable {
  id: string;
  run_id: string;
  month: string;
  user_id: string;
  account_id: string;
  status: PayoutStatus;
  currency: 'usd';
  gross_cents: number;
  processing_fee_cents: number;
  net_cents: number;
  transfer_id: string | null;
  reason: string | null;
  traceparent: string | null;
  requested_at: Date;
  settled_at: Date | null;
}

export interface JudgementTable {
  run_id: string;
  month: string;
  user_id: string;
  payable_cents: number;
  reason: string | null;
  next_date: string | null;
  payout_id: string | null;
}

export interface TransferJobTable {
  payout_id: string;
  attempt: number;
  key_first_used_at: Date | null;
  tries: number;
  state: 'send' | 'look_up' | 'look_up_again' | 'follow' | 'operator' | 'held' | 'cancel';
  due_at: Date;
  lease_until: Date | null;
  traceparent: string | null;
}

export interface PayoutAttemptTable {
  payout_id: string;
  attempt: number;
  try: number;
  idempotency_key: string;
  outcome: string;
  detail: string | null;
  at: Date;
}

export interface WriterHoldTable {
  hold_id: string;
  user_id: string;
  month: string;
  because: 'hold' | 'dispute';
  state: 'held' | 'released' | 'reversed';
  version: number;
  wanted_cents: number;
  held_cents: number;
  reversed_cents: number;
}

export interface AdjustmentTable {
  adjustment_id: string;
  kind: AdjustmentKind;
  reversal_id: string | null;
  /** The earlier reversal or the hold that the reversal is of. */
  settles: string | null;
  user_id: string;
  month: string;
  payable_cents: number;
  receivable_cents: number;
  /** By hold id. */
  held_cents: Record<string, number>;
  transfer_keys: readonly string[];
  reason: string | null;
  decided_by: string | null;
  at: Date;
}

export interface PayoutOrderTable {
  id: string;
  payout_id: string;
  kind: 'retry' | 'hold' | 'release' | 'cancel';
  reason: string | null;
  ordered_by: string;
  at: Date;
}
