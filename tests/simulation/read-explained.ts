// What the product explains of a few drawn lines, writers' months and payouts, when a run is over.
import { type Explanation, ExplanationSchema } from '@wewrite/contracts';
import { pathOf } from '../../apps/cli/src/demo/api.ts';
import type { Reckoning } from './oracle/reckon.ts';
import type { Chance } from './population/chance.ts';
import type { AskAsAdmin, ProductMonth } from './read-books.ts';

/** The totals of the steps of a line, or of a writer's month; `leftCents` is the net amount that reversals have left. */
export interface ExplainedAmounts {
  readonly lineCents: number;
  readonly feeCents: number;
  readonly earningsCents: number;
  readonly leftCents: number;
}

/** Of a line also what was paid for the month, and what was wished. */
export interface ExplainedLine extends ExplainedAmounts {
  readonly fundingCents: number;
  readonly allocationCents: number;
}

/** What a payout took of the balance, and what of it has reached the writer. */
export interface ExplainedPayout {
  readonly payoutCents: number;
  readonly transferCents: number;
}

/** By line id; by month and writer (`2026-11 wim`); by the month of the payout and the writer. */
export interface Explained {
  readonly lines: ReadonlyMap<string, ExplainedLine>;
  readonly months: ReadonlyMap<string, ExplainedAmounts>;
  readonly payouts: ReadonlyMap<string, ExplainedPayout>;
}

/** Nothing was asked for. */
export const nothingExplained: Explained = { lines: new Map(), months: new Map(), payouts: new Map() };

const mostLines = 3;
const mostOthers = 2;

/** Has some explained: lines of which something was taken back before others. */
export async function readExplained(
  ask: AskAsAdmin,
  { closed }: Reckoning,
  { months, chance }: { months: ReadonlyMap<string, ProductMonth | null>; chance: Chance },
): Promise<Explained> {
  const explained = { lines: new Map(), months: new Map(), payouts: new Map() } satisfies Explained;
  const lines = [...closed.values()].flatMap((month) => month.lines);
  const touched = lines.filter(({ goneCents }) => goneCents > 0);
  const others = lines.filter(({ goneCents }) => goneCents === 0);
  const drawn = [...anyOf(chance, touched, mostLines), ...anyOf(chance, others, mostLines)].slice(0, mostLines);
  for (const { lineId } of drawn) {
    explained.lines.set(lineId, lineOf(await read(ask, pathOf('explain', lineId))));
  }
  const earned = [...closed.values()].flatMap(({ month, writers }) => [...writers.keys()].map((id) => ({ month, id })));
  for (const { month, id } of anyOf(chance, earned, mostOthers)) {
    explained.months.set(
      `${month} ${id}`,
      amountsOf(await read(ask, pathOf('months', month, 'writers', id, 'explain'))),
    );
  }
  const paid = [...months].flatMap(([month, found]) =>
    (found?.payouts ?? []).flatMap(({ userId, payoutId }) => (payoutId === null ? [] : [{ month, userId, payoutId }])),
  );
  for (const { month, userId, payoutId } of anyOf(chance, paid, mostOthers)) {
    explained.payouts.set(`${month} ${userId}`, payoutOf(await read(ask, pathOf('payouts', payoutId, 'explain'))));
  }
  return explained;
}

/** So many, each drawn once. */
function anyOf<Item>(chance: Chance, items: readonly Item[], most: number): Item[] {
  const left = [...items];
  const drawn: Item[] = [];
  while (left.length > 0 && drawn.length < most) drawn.push(...left.splice(chance.between(0, left.length - 1), 1));
  return drawn;
}

async function read(ask: AskAsAdmin, path: string): Promise<Explanation> {
  return ExplanationSchema.parse(await ask(path));
}

function lineOf(explanation: Explanation): ExplainedLine {
  return {
    ...amountsOf(explanation),
    fundingCents: totalOf(explanation, 'funding'),
    allocationCents: totalOf(explanation, 'allocation'),
  };
}

function amountsOf(explanation: Explanation): ExplainedAmounts {
  const lineCents = totalOf(explanation, 'line');
  const feeCents = totalOf(explanation, 'fee');
  const reversal = explanation.steps.find(({ step }) => step === 'reversal');
  return {
    lineCents,
    feeCents,
    earningsCents: totalOf(explanation, 'earnings'),
    leftCents: reversal?.totalCents ?? lineCents - feeCents,
  };
}

function payoutOf(explanation: Explanation): ExplainedPayout {
  return { payoutCents: totalOf(explanation, 'payout'), transferCents: totalOf(explanation, 'transfer') };
}

/** A step that is missing has no amount that anything could equal. */
function totalOf({ steps }: Explanation, name: Explanation['steps'][number]['step']): number {
  return steps.find(({ step }) => step === name)?.totalCents ?? Number.NaN;
}
