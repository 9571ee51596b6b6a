import {
  basisPointsOf,
  type Cents,
  cents,
  compareUtf8,
  type EarningsLine,
  type LockedChunk,
  LockedChunkSchema,
  type LockedClosing,
  lineIdOf,
  month,
  type ResourceType,
  type Run,
  spread,
} from '@wewrite/contracts';
import { idOfCause } from '@wewrite/service-kit';
import type { EarningsService } from './earnings-service.ts';

/** A supporter of a month that a test locks. */
export interface Supporter {
  readonly userId: string;
  readonly paidCents: number;
  readonly lines: readonly {
    readonly resourceType: ResourceType;
    readonly resourceId: string;
    readonly recipientUserId: string;
    readonly usdCents: number;
  }[];
}

/** A wish for a page. */
export function page(resourceId: string, recipientUserId: string, usdCents: number): Supporter['lines'][number] {
  return { resourceType: 'page', resourceId, recipientUserId, usdCents };
}

/** Has the service hear of a whole month, and calculate it. */
export async function calculateMonth(
  service: EarningsService,
  run: Run,
  supporters: readonly Supporter[],
  supportersPerChunk: number,
): Promise<void> {
  const { chunks, closing } = lockMonth(run, supporters, supportersPerChunk);
  await service.say([...chunks, closing]);
  await service.harness.settled();
}

export function runOf(label: string): Run {
  return { runId: idOfCause('test', 'run', label), kind: 'close', month: month(label) };
}

/** What allocations says of a month: chunks of whole supporters, then the closing message. */
export function lockMonth(
  run: Run,
  supporters: readonly Supporter[],
  supportersPerChunk: number,
): { chunks: LockedChunk[]; closing: LockedClosing } {
  const sorted = supporters.toSorted((a, b) => compareUtf8(a.userId, b.userId));
  const chunks: LockedChunk[] = [];
  for (let first = 0; first < sorted.length; first += supportersPerChunk) {
    chunks.push(chunkOf(run, chunks.length, sorted.slice(first, first + supportersPerChunk)));
  }
  const sum = (name: keyof LockedChunk['totals']) => chunks.reduce((total, chunk) => total + chunk.totals[name], 0);
  const totals = {
    supporters: sum('supporters'),
    lines: sum('lines'),
    paidCents: cents(sum('paidCents')),
    fundedCents: cents(sum('fundedCents')),
    unallocatedCents: cents(sum('unallocatedCents')),
    unfundedCents: cents(sum('unfundedCents')),
  };
  return {
    chunks,
    closing: { part: 'closing', run, currency: 'usd', chunks: chunks.length, totals, hash: 'ab'.repeat(32) },
  };
}

function chunkOf(run: Run, chunk: number, supporters: readonly Supporter[]): LockedChunk {
  const funded = supporters.map((supporter) => fundedLines(run, supporter));
  const lines = funded.flat();
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const fundedCents = funded.map((own) => sum(own.map((line) => line.fundedCents)));
  const paidCents = supporters.map((supporter) => supporter.paidCents);
  return LockedChunkSchema.parse({
    part: 'chunk',
    run,
    chunk,
    currency: 'usd',
    totals: {
      supporters: supporters.length,
      lines: lines.length,
      paidCents: sum(paidCents),
      fundedCents: sum(fundedCents),
      unallocatedCents: sum(paidCents) - sum(fundedCents),
      unfundedCents: sum(lines.map((line) => line.usdCents - line.fundedCents)),
    },
    supporters: {
      userIds: supporters.map((supporter) => supporter.userId),
      paidCents,
      fundedCents,
      unallocatedCents: supporters.map((supporter, index) => supporter.paidCents - (fundedCents[index] ?? 0)),
      invoiceIds: supporters.map(() => ['in_1']),
      lineCounts: supporters.map((supporter) => supporter.lines.length),
    },
    lines: {
      resourceTypes: lines.map((line) => line.resourceType),
      resourceIds: lines.map((line) => line.resourceId),
      recipientUserIds: lines.map((line) => line.recipientUserId),
      usdCents: lines.map((line) => line.usdCents),
      fundedCents: lines.map((line) => line.fundedCents),
    },
  });
}

/** A supporter's lines, funded as A6 says, in order of line id. */
function fundedLines(run: Run, { userId, paidCents, lines }: Supporter): Omit<EarningsLine, 'feeCents'>[] {
  const ids = lines.map((line) => lineIdOf(userId, line, run.month));
  const wanted = lines.map((line) => cents(line.usdCents));
  const total = cents(wanted.reduce<number>((sum, value) => sum + value, 0));
  const byId = (a: number, b: number) => compareUtf8(ids[a]!, ids[b]!);
  const funded = total <= paidCents ? wanted : spread(cents(paidCents), wanted, byId);
  return lines
    .map((line, index) => ({
      ...line,
      lineId: ids[index]!,
      month: run.month,
      userId,
      usdCents: wanted[index]!,
      fundedCents: funded[index]!,
    }))
    .sort((a, b) => compareUtf8(a.lineId, b.lineId));
}

/** What a writer earns by C1, worked out by the contracts' rules and none of the service's SQL. */
export interface ExpectedWriter {
  readonly userId: string;
  readonly grossCents: Cents;
  readonly platformFeeCents: Cents;
  readonly netCents: Cents;
  readonly lineCount: number;
}

export interface ExpectedMonth {
  /** In order of user id. */
  readonly writers: ExpectedWriter[];
  /** In the order of the chunks. */
  readonly lines: EarningsLine[];
}

export function expectedMonth(run: Run, supporters: readonly Supporter[], feeBasisPoints = 700): ExpectedMonth {
  const sorted = supporters.toSorted((a, b) => compareUtf8(a.userId, b.userId));
  const lines = sorted.flatMap((supporter) => fundedLines(run, supporter));
  const fees = new Map<string, Cents>();
  const writers: ExpectedWriter[] = [];
  for (const [userId, own] of Map.groupBy(lines, (line) => line.recipientUserId)) {
    const grossCents = cents(own.reduce((sum, line) => sum + line.fundedCents, 0));
    const platformFeeCents = basisPointsOf(grossCents, feeBasisPoints);
    const weights = own.map((line) => line.fundedCents);
    const shares = spread(platformFeeCents, weights, (a, b) => compareUtf8(own[a]!.lineId, own[b]!.lineId));
    for (const [index, line] of own.entries()) fees.set(line.lineId, shares[index]!);
    const netCents = cents(grossCents - platformFeeCents);
    writers.push({ userId, grossCents, platformFeeCents, netCents, lineCount: own.length });
  }
  return {
    writers: writers.sort((a, b) => compareUtf8(a.userId, b.userId)),
    lines: lines.map((line) => ({ ...line, feeCents: fees.get(line.lineId)! })),
  };
}
