import { type BatchPaces, type LedgerRound, oneByOneConnections } from './bench-ledger.ts';
import type { Heat } from './ledger-peers.ts';
import { circumstances, tableOf } from './results.ts';
import { type Summary, summaryOf } from './statistics.ts';

/** The figures to reach. */
const targets = { timesOneByOneWhenHot: 5, shareOfPlainInsert: 0.6 };

/** Says in Markdown what was measured, and which targets were reached. */
export function describeLedger(rounds: readonly LedgerRound[]): string {
  const batches = rounds[0]?.batches.map(({ batch }) => batch) ?? [];
  const of = (batch: number, pick: (paces: BatchPaces) => number): Summary =>
    summaryOf(rounds.flatMap((round) => round.batches.filter((paces) => paces.batch === batch).map(pick)));
  const oneByOne = (heat: Heat) => summaryOf(rounds.map((round) => round.oneByOne[heat]));
  const best = (pick: (batch: number) => number) => Math.max(...batches.map(pick));
  const timesOneByOne = best((batch) => of(batch, ({ hot }) => hot).median) / oneByOne('hot').median;
  const shareOfPlain = (batch: number) => of(batch, ({ cold, plain }) => cold / plain).median;
  const largest = batches.at(-1) ?? 0;
  const verdict = (isReached: boolean) => (isReached ? 'reached' : 'not reached');
  return [
    '## ledger',
    `${circumstances()}. Transfers a second, medians (lowest–highest) of ${rounds.length} rounds, on one connection: the ` +
      'ledger between 10 hot accounts and between 100,000 cold ones, and an `unnest` INSERT of the same rows into a table ' +
      'with the same indexes that keeps no balances. After each round the balances were those of the transfers.',
    tableOf(
      ['batch', 'hot', 'cold', 'plain INSERT', 'cold ÷ plain'],
      batches.map((batch) => [
        String(batch),
        pace(of(batch, ({ hot }) => hot)),
        pace(of(batch, ({ cold }) => cold)),
        pace(of(batch, ({ plain }) => plain)),
        shareOfPlain(batch).toFixed(2),
      ]),
    ),
    `One statement a transfer (PL/pgSQL that locks both accounts in order), ${oneByOneConnections} connections: hot ` +
      `${pace(oneByOne('hot'))}, cold ${pace(oneByOne('cold'))} a second.`,
    tableOf(
      ['target', 'measured', ''],
      [
        [
          'at least 5 × one statement a transfer, hot',
          timesOneByOne.toFixed(1),
          verdict(timesOneByOne >= targets.timesOneByOneWhenHot),
        ],
        [
          `at least 0.6 × the plain INSERT, cold, batches of ${largest}`,
          shareOfPlain(largest).toFixed(2),
          verdict(shareOfPlain(largest) >= targets.shareOfPlainInsert),
        ],
      ],
    ),
  ].join('\n\n');
}

function pace({ median, lowest, highest }: Summary): string {
  return `${median.toFixed(0)} (${lowest.toFixed(0)}–${highest.toFixed(0)})`;
}
