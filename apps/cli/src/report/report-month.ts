import {
  type Cents,
  compareUtf8,
  type EarningsWriter,
  type MonthProgress,
  sumCents,
  type WriterPayout,
  zeroCents,
} from '@wewrite/contracts';
import type { ClosedMonth } from './read-month.ts';
import type { ReportMonth, ReportSupporter, ReportWriter } from './report.ts';

/**
 * A closed month as the report shows it. `supporterIds` are all supporters: one who neither paid nor allocated anything
 * is listed with zeros. Throws while a payout is still under way.
 */
export function reportMonth(closed: ClosedMonth, progress: MonthProgress, supporterIds: Iterable<string>): ReportMonth {
  const writers = writersOf(closed);
  const supporters = supportersOf(closed, supporterIds);
  const ofWriters = (pick: (writer: ReportWriter) => Cents) => sumCents(writers.map(pick));
  const ofSupporters = (pick: (supporter: ReportSupporter) => Cents) => sumCents(supporters.map(pick));
  return {
    month: closed.month,
    budgetCents: ofSupporters((supporter) => supporter.budgetCents),
    fundedCents: ofSupporters((supporter) => supporter.fundedCents),
    unallocatedCents: ofSupporters((supporter) => supporter.unallocatedCents),
    unfundedCents: ofSupporters((supporter) => supporter.unfundedCents),
    grossCents: ofWriters((writer) => writer.grossCents),
    platformFeeCents: ofWriters((writer) => writer.platformFeeCents),
    netCents: ofWriters((writer) => writer.netCents),
    payoutGrossCents: ofWriters((writer) => writer.payoutGrossCents),
    processingFeeCents: ofWriters((writer) => writer.processingFeeCents),
    payoutNetCents: ofWriters((writer) => writer.payoutNetCents),
    carriedOverCents: ofWriters((writer) => writer.carriedOverCents),
    unexplainedCents: unexplainedOf(progress),
    writers,
    supporters,
    durationsMs: Object.fromEntries(progress.steps.map(({ step, durationMs }) => [step, durationMs ?? 0])),
    traceId: progress.traceId ?? '',
  };
}

function writersOf({ month, writers, payouts }: ClosedMonth): ReportWriter[] {
  const earned = new Map(writers.map((writer) => [writer.userId, writer]));
  const paid = new Map(payouts.map((payout): [string, WriterPayout] => [payout.userId, payout]));
  const userIds = [...new Set([...earned.keys(), ...paid.keys()])].sort(compareUtf8);
  return userIds.map((userId) => ({
    userId,
    ...earningsOf(earned.get(userId)),
    ...payoutOf(`${userId} in ${month}`, paid.get(userId)),
  }));
}

function earningsOf(
  writer: EarningsWriter | undefined,
): Pick<ReportWriter, 'grossCents' | 'platformFeeCents' | 'netCents'> {
  return {
    grossCents: writer?.grossCents ?? zeroCents,
    platformFeeCents: writer?.platformFeeCents ?? zeroCents,
    netCents: writer?.netCents ?? zeroCents,
  };
}

function payoutOf(
  whose: string,
  payout: WriterPayout | undefined,
): Omit<ReportWriter, 'userId' | 'grossCents' | 'platformFeeCents' | 'netCents'> {
  if (payout === undefined) throw new Error(`payouts knows nothing of the payout of ${whose}.`);
  const { payoutStatus, carriedOverCents } = payout;
  if (payoutStatus === 'under_way') throw new Error(`the payout of ${whose} is still under way.`);
  if (payoutStatus === 'paid') {
    const { payoutGrossCents, processingFeeCents, payoutNetCents, transferId } = payout;
    const amounts = { payoutGrossCents, processingFeeCents, payoutNetCents };
    return { payoutStatus, payoutReason: null, ...amounts, carriedOverCents, transferId };
  }
  const nothing = { payoutGrossCents: zeroCents, processingFeeCents: zeroCents, payoutNetCents: zeroCents };
  return { payoutStatus, payoutReason: payout.payoutReason, ...nothing, carriedOverCents, transferId: null };
}

function supportersOf({ supporters }: ClosedMonth, supporterIds: Iterable<string>): ReportSupporter[] {
  const known = new Map<string, ReportSupporter>(supporters.map((supporter) => [supporter.userId, supporter]));
  const nothing = {
    budgetCents: zeroCents,
    fundedCents: zeroCents,
    unallocatedCents: zeroCents,
    unfundedCents: zeroCents,
  };
  const userIds = [...new Set([...known.keys(), ...supporterIds])].sort(compareUtf8);
  return userIds.map((userId) => {
    const { budgetCents, fundedCents, unallocatedCents, unfundedCents } = known.get(userId) ?? nothing;
    return { userId, budgetCents, fundedCents, unallocatedCents, unfundedCents };
  });
}

function unexplainedOf({ month, unexplainedCents }: MonthProgress): ReportMonth['unexplainedCents'] {
  if (unexplainedCents === null || unexplainedCents < 0) throw new Error(`nobody has explained ${month} yet.`);
  return unexplainedCents as Cents;
}
