import {
  type allocationChanged,
  type booksChecked,
  cents,
  closingKey,
  equationOf,
  type LockedClosing,
  type MessageOf,
  type Month,
  type monthLocked,
  type monthProgress,
  type scheduleChanged,
  type UserId,
  type WriterState,
  zeroCents,
} from '@wewrite/contracts';
import { idOfCause, type Outgoing, type OutgoingBlob } from '@wewrite/service-kit';
import type { ChangeCause, MonthCloseTable, ScheduleTable } from './db.ts';
import { backfilledSumsOf, lockedSumsOf, lockedTotalsOf, rehearsedSumsOf, runOf } from './month-close.ts';
import type { PlanChange } from './plan.ts';

/** `allocation.changed` of one change (A10). Say it under the plan's row lock. */
export function allocationChangedMessage(
  made: PlanChange & {
    userId: UserId;
    month: Month;
    at: Date;
    version: number;
    cause: ChangeCause;
    writerState?: WriterState;
  },
): Outgoing<MessageOf<typeof allocationChanged>> {
  const standing = made.after ?? made.before;
  if (standing === null) throw new Error('a change has a before or an after');
  return {
    key: made.userId,
    id: idOfCause('allocation.changed', made.userId, made.version),
    body: {
      userId: made.userId,
      ...made.resource,
      recipientUserId: standing.recipientUserId,
      beforeCents: made.before?.usdCents ?? zeroCents,
      afterCents: made.after?.usdCents ?? zeroCents,
      currency: 'usd',
      month: made.month,
      version: made.version,
      at: made.at.toISOString(),
      cause: made.cause,
      writerState: made.writerState ?? null,
    },
  };
}

/** `schedule.changed`: a schedule as it is after a change of it (A9). Say it under the plan's row lock. */
export function scheduleChangedMessage(row: ScheduleTable, at: Date): Outgoing<MessageOf<typeof scheduleChanged>> {
  return {
    key: row.user_id,
    id: idOfCause('schedule.changed', row.id, row.version),
    body: {
      scheduleId: row.id,
      userId: row.user_id,
      resourceType: row.resource_type,
      resourceId: row.resource_id,
      recipientUserId: row.recipient_user_id,
      kind: row.kind,
      usdCents: cents(row.usd_cents),
      fromMonth: row.from_month,
      throughMonth: row.through_month,
      state: row.state,
      currency: 'usd',
      version: row.version,
      at: at.toISOString(),
    },
  };
}

/** The frozen chunk as a message: its bytes are the row. */
export function chunkMessage(chunk: { runId: string; chunk: number }): OutgoingBlob {
  const blobId = `${chunk.runId}:${chunk.chunk}`;
  return { key: blobId, id: idOfCause('month.locked', chunk.runId, chunk.chunk), blobId };
}

/** The control totals of a locked month. */
export function lockedClosingMessage(close: MonthCloseTable, hash: string): Outgoing<MessageOf<typeof monthLocked>> {
  const body: LockedClosing = {
    part: 'closing',
    run: runOf(close),
    currency: 'usd',
    chunks: close.chunks,
    totals: lockedTotalsOf(close),
    hash,
  };
  return { key: closingKey(close.run_id), id: idOfCause('month.locked', close.run_id, 'closing'), body };
}

/** How far the step `lock` is, counted in supporters with a plan or a paid budget. Say it under the close's row lock. */
export function lockProgressMessage(
  close: MonthCloseTable,
  state: { at: Date; booksVersion: number | null },
): Outgoing<MessageOf<typeof monthProgress>> {
  return {
    key: close.run_id,
    id: idOfCause('month.progress', close.run_id, 'lock', close.progress_version),
    body: {
      run: runOf(close),
      step: 'lock',
      expected: close.candidates_expected,
      done: close.candidates_done,
      sums: { ...lockedSumsOf(lockedTotalsOf(close)), ...backfilledSumsOf(close), ...rehearsedSumsOf(close) },
      state: close.state === 'locked' ? 'done' : 'running',
      version: close.progress_version,
      booksVersion: state.booksVersion,
      at: state.at.toISOString(),
    },
  };
}

/** The equations of a locked month (B3). Say it under the row lock of `books_version`. */
export function booksCheckedMessage(
  close: MonthCloseTable,
  check: { fundingPaidCents: number; version: number; at: Date },
): Outgoing<MessageOf<typeof booksChecked>> {
  const totals = lockedTotalsOf(close);
  const equations = [
    equationOf('funded + unallocated = paid', totals.fundedCents + totals.unallocatedCents, totals.paidCents),
    equationOf('locked paid = funding closing', totals.paidCents, check.fundingPaidCents),
  ];
  return {
    key: 'allocations',
    id: idOfCause('books.checked', 'allocations', check.version),
    body: {
      service: 'allocations',
      version: check.version,
      month: close.month,
      runId: close.run_id,
      stage: 'lock',
      at: check.at.toISOString(),
      equations,
      sums: lockedSumsOf(totals),
      takenIn: {},
    },
  };
}
