import { expect } from '@jest/globals';
import {
  addsUp,
  type Cents,
  type EarningsLine,
  EarningsMonthSchema,
  type ExplainedStep,
  type Explanation,
  ExplanationSchema,
  type Month,
  PayoutDetailSchema,
  type WriterPayout,
} from '@wewrite/contracts';
import { pathOf } from '../../apps/cli/src/demo/api.ts';
import { type ClosedMonth, readClosedMonth, readLines } from '../../apps/cli/src/report/read-month.ts';
import { closedMonths } from './books.ts';
import type { Place } from './place.ts';
import { supportersOf } from './supporters.ts';

/**
 * Walks from every line, writer's month, payout and invoice of the closed months along what explains it, as an operator, as
 * the supporter and as the writer: each step adds up, each is of the amount that the books have, and no way ends early.
 */
export async function centsAreExplained(place: Place): Promise<void> {
  for (const month of await closedMonths(place)) {
    const closed = await readClosedMonth(place.world.api, place.world.tokens.admin, month);
    const lines = await readLines(place.world.api, place.world.tokens.admin, month);
    const ways = await Promise.all(lines.map((line) => lineIsExplained(place, closed, line)));
    for (const { userId } of closed.writers) {
      await writerMonthIsExplained(
        place,
        closed,
        userId,
        ways.filter(({ line }) => line.recipientUserId === userId),
      );
    }
    for (const payout of closed.payouts) await payoutIsExplained(place, payout);
    for (const { userId } of closed.supporters) await invoicesAreExplained(place, userId);
  }
}

/** A line, and what its way says that is left of its net amount. */
interface LineWay {
  readonly line: EarningsLine;
  readonly leftCents: number;
}

async function lineIsExplained(place: Place, closed: ClosedMonth, line: EarningsLine): Promise<LineWay> {
  const way = await explained(place, 'admin', pathOf('explain', line.lineId));
  const supporter = closed.supporters.find(({ userId }) => userId === line.userId);
  const writer = closed.writers.find(({ userId }) => userId === line.recipientUserId);
  expect(way.id).toBe(line.lineId);
  expect({
    funding: stepOf(way, 'funding').totalCents,
    allocation: stepOf(way, 'allocation').totalCents,
    line: stepOf(way, 'line').totalCents,
    fee: stepOf(way, 'fee').totalCents,
    earnings: stepOf(way, 'earnings').totalCents,
  }).toEqual({
    funding: supporter?.budgetCents,
    allocation: line.usdCents,
    line: line.fundedCents,
    fee: line.feeCents,
    earnings: writer?.netCents,
  });
  await relatedAreExplained(place, way);
  expect((await explained(place, line.userId, pathOf('explain', line.lineId))).id).toBe(line.lineId);
  return { line, leftCents: leftOf(way, line.fundedCents - line.feeCents) };
}

async function writerMonthIsExplained(
  place: Place,
  { month, writers }: ClosedMonth,
  userId: string,
  ways: readonly LineWay[],
): Promise<void> {
  const way = await explained(place, 'admin', pathOf('months', month, 'writers', userId, 'explain'));
  const writer = writers.find((one) => one.userId === userId);
  const sum = (pick: (line: EarningsLine) => number) => ways.reduce((total, { line }) => total + pick(line), 0);
  expect({
    line: stepOf(way, 'line').totalCents,
    fee: stepOf(way, 'fee').totalCents,
    earnings: stepOf(way, 'earnings').totalCents,
    left: leftOf(way, writer?.netCents ?? 0),
  }).toEqual({
    line: sum(({ fundedCents }) => fundedCents),
    fee: sum(({ feeCents }) => feeCents),
    earnings: writer?.grossCents,
    left: ways.reduce((total, { leftCents }) => total + leftCents, 0),
  });
  await relatedAreExplained(place, way);
  await explained(place, userId, pathOf('earnings', month, 'explain'));
  await keysAreExplained(place, month, userId);
}

/** A writer knows lines by their keys (C4). */
async function keysAreExplained(place: Place, month: Month, writer: string): Promise<void> {
  const request = { method: 'GET', path: pathOf('earnings', month), answer: EarningsMonthSchema } as const;
  const { lines } = await place.ask(writer, request);
  for (const { lineKey, fundedCents } of lines) {
    const way = await explained(place, writer, pathOf('explain', lineKey));
    expect([way.id, stepOf(way, 'line').totalCents]).toEqual([lineKey, fundedCents]);
  }
}

async function payoutIsExplained(place: Place, { payoutId, userId, ...payout }: WriterPayout): Promise<void> {
  if (payoutId === null) return;
  const detail = { method: 'GET', path: pathOf('payouts', payoutId), answer: PayoutDetailSchema } as const;
  const { fees, status } = await place.ask('admin', detail);
  expect(fees.earningsGrossCents - fees.platformFeeCents + fees.adjustmentsCents).toBe(fees.payoutGrossCents);
  expect(fees.payoutGrossCents - fees.processingFeeCents).toBe(fees.payoutNetCents);
  for (const who of ['admin', userId]) {
    const way = await explained(place, who, pathOf('payouts', payoutId, 'explain'));
    expect({
      earnings: stepOf(way, 'earnings').totalCents,
      payout: stepOf(way, 'payout').totalCents,
      transfer: stepOf(way, 'transfer').totalCents,
    }).toEqual({
      earnings: fees.payoutGrossCents,
      payout: fees.payoutGrossCents,
      transfer: status === 'paid' ? payout.payoutNetCents : 0,
    });
  }
}

async function invoicesAreExplained(place: Place, userId: string): Promise<void> {
  for (const { invoiceId, paidCents } of await supportersOf(place).invoicesOf(userId)) {
    const way = await explained(place, userId, pathOf('invoices', invoiceId, 'explain'));
    expect(stepOf(way, 'funding').totalCents).toBe(paidCents);
    const charges = way.steps.filter(({ step }) => step === 'charge');
    expect(charges.reduce((sum, { totalCents }) => sum + totalCents, 0)).toBe(paidCents);
  }
}

/** What a way names for others to explain, they explain. */
async function relatedAreExplained(place: Place, way: Explanation): Promise<void> {
  for (const { of, id } of way.related) {
    if (of === 'invoice') await explained(place, 'admin', pathOf('invoices', id, 'explain'));
    if (of === 'payout') await explained(place, 'admin', pathOf('payouts', id, 'explain'));
  }
}

async function explained(place: Place, who: string, path: string): Promise<Explanation> {
  const explanation = await place.ask(who, { method: 'GET', path, answer: ExplanationSchema });
  expect([path, addsUp(explanation)]).toEqual([path, true]);
  return explanation;
}

function stepOf(way: Explanation, name: ExplainedStep['step']): ExplainedStep {
  const step = way.steps.find((one) => one.step === name);
  if (step === undefined) throw new Error(`the way of ${way.of} ${way.id} has no step ${name}`);
  return step;
}

/** What reversals have left of a net amount. */
function leftOf({ steps }: Explanation, netCents: Cents | number): number {
  return steps.find(({ step }) => step === 'reversal')?.totalCents ?? netCents;
}
