import { allocationChanged } from './allocation-changed.ts';
import { earningsCalculated } from './earnings-calculated.ts';
import { fundingChanged } from './funding-changed.ts';
import { booksChecked, messageParked, monthProgress, monthReconciled, operatorCommand } from './monitoring.ts';
import { monthLocked } from './month-locked.ts';
import { monthStalled } from './month-stalled.ts';
import { escrowFunded, payoutRequested, payoutSettled, stripeReceived, writerChanged } from './payouts.ts';
import { balanceAdjusted, earningsReversed, holdChanged, paymentReversed } from './reversals.ts';
import { scheduleChanged } from './schedule-changed.ts';
import type { Topic } from './topic.ts';

/** Every topic of the system. */
export const topics = [
  allocationChanged,
  fundingChanged,
  monthLocked,
  earningsCalculated,
  escrowFunded,
  payoutRequested,
  payoutSettled,
  stripeReceived,
  writerChanged,
  scheduleChanged,
  paymentReversed,
  earningsReversed,
  balanceAdjusted,
  holdChanged,
  monthProgress,
  monthStalled,
  monthReconciled,
  booksChecked,
  messageParked,
  operatorCommand,
] as const satisfies readonly Topic[];

export * from './allocation-changed.ts';
export * from './earnings-calculated.ts';
export * from './funding-changed.ts';
export * from './json-schema.ts';
export * from './monitoring.ts';
export * from './month-locked.ts';
export * from './month-stalled.ts';
export * from './payouts.ts';
export * from './reversals.ts';
export * from './schedule-changed.ts';
export * from './topic.ts';
