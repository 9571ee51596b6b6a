import type { CloseRound, CloseSize } from './bench-close.ts';
import { circumstances, tableOf } from './results.ts';
import type { KafkaKind } from './servers.ts';
import { growthExponentOf, type Summary, summaryOf } from './statistics.ts';

/** The figures to reach. */
const targets = { timesFloor: 2, timesFasterThanRows: 15, growthExponent: 1.05, peakMiB: 512 };

/** Says in Markdown what was measured, and which targets were reached. */
export function describeClose(
  sizes: readonly CloseSize[],
  how: { readonly kafka: KafkaKind; readonly processes: 'one' | 'each' },
): string {
  const broker = how.kafka === 'jvm' ? 'Apache Kafka 4 on the JVM' : 'the in-process broker';
  const services = how.processes === 'each' ? 'each service in its own process' : 'all services in one process';
  return [
    '## close',
    `${circumstances()}; ${broker}, ${services}. Seconds are medians (lowest–highest) of rounds that close the same seeded ` +
      'month by the services, by the floor and row by row, each in a fresh copy of one database. After each round all ' +
      'lines, months, ledgers, balances, judgements and payouts of the services were the same as those of the floor, to ' +
      'the cent.',
    timesTable(sizes),
    targetsTable(sizes),
    ...sizes
      .slice(-1)
      .flatMap((size) => [
        `### Where the time goes, ${size.supporters} supporters`,
        stepsTable(size),
        useTable(size),
        'Steps overlap: begin and end are seconds after the request, as monitoring heard of them. Memory is the most that a ' +
          'process ever had resident; of PostgreSQL, its largest one, with the shared buffers.',
      ]),
    remarks,
  ].join('\n\n');
}

const remarks = `### What is measured
- The services' time is from the request of the close to the last \`payout.requested\`, when every step up to there is done
  and all its books are checked. Stripe is away, so that nothing is sent.
- The floor is one transaction of set-based SQL on one connection that writes the same rows into the same tables with the
  same indexes, from the same shuffled heap, with triggers and foreign keys off. It keeps no frozen chunks, sends no
  messages, checks nothing, and cannot be resumed.
- Row by row is one connection and one transaction a row (a transfer with its two balances is one), on a slice of 500
  supporters and their share of writers, extrapolated by lines.
- Processor seconds do not depend on what else the machine does; wall-clock seconds do.`;

function timesTable(sizes: readonly CloseSize[]): string {
  return tableOf(
    [
      'supporters',
      'lines',
      'rounds',
      'services s',
      'floor s',
      '× floor',
      'CPU s',
      'floor CPU s',
      '× floor (CPU)',
      'row by row s',
      '× faster',
    ],
    sizes.map((size) => {
      const of = (pick: (round: CloseRound) => number) => summaryOf(size.rounds.map(pick));
      return [
        String(size.supporters),
        String(size.lines),
        String(size.rounds.length),
        seconds(of((round) => round.services.seconds)),
        seconds(of((round) => round.floor.seconds)),
        timesFloorOf(size).toFixed(2),
        of(cpuSecondsOf).median.toFixed(1),
        of((round) => round.floor.cpuSeconds).median.toFixed(1),
        of((round) => cpuSecondsOf(round) / round.floor.cpuSeconds).median.toFixed(2),
        of((round) => round.rowByRowSeconds).median.toFixed(0),
        timesFasterOf(size).toFixed(1),
      ];
    }),
  );
}

function targetsTable(sizes: readonly CloseSize[]): string {
  const exponent = growthExponentOf(
    sizes.map((size) => ({
      size: size.supporters,
      seconds: summaryOf(size.rounds.map((round) => round.services.seconds)).median,
    })),
  );
  const largest = sizes.at(-1);
  if (largest === undefined) return '';
  const { name, peakMiB } = largestProcessOf(largest);
  const verdict = (isReached: boolean) => (isReached ? 'reached' : 'not reached');
  const [timesFloor, timesFaster] = [timesFloorOf(largest), timesFasterOf(largest)];
  return tableOf(
    ['target', 'measured', ''],
    [
      ['at most 2 × the floor', timesFloor.toFixed(2), verdict(timesFloor <= targets.timesFloor)],
      [
        'at least 15 × faster than row by row',
        timesFaster.toFixed(1),
        verdict(timesFaster >= targets.timesFasterThanRows),
      ],
      [
        'growth exponent at most 1.05',
        exponent?.toFixed(3) ?? 'one size only',
        exponent === null ? 'not measured' : verdict(exponent <= targets.growthExponent),
      ],
      ['at most 512 MiB a service', `${peakMiB.toFixed(0)} (${name})`, verdict(peakMiB <= targets.peakMiB)],
    ],
  );
}

function stepsTable({ rounds }: CloseSize): string {
  const steps = rounds.at(-1)?.services.steps ?? [];
  return tableOf(
    ['step', 'begin s', 'end s'],
    steps.map(({ step, beginSeconds, endSeconds }) => [step, beginSeconds.toFixed(1), endSeconds.toFixed(1)]),
  );
}

function useTable({ rounds, lines }: CloseSize): string {
  const names = Object.keys(rounds[0]?.services.use ?? {});
  return tableOf(
    ['process', 'CPU s', 'CPU s per 10⁶ lines', 'peak MiB'],
    names.map((name) => {
      const of = (pick: 'cpuSeconds' | 'peakMiB') =>
        summaryOf(rounds.map((round) => round.services.use[name]?.[pick] ?? 0));
      const cpu = of('cpuSeconds').median;
      return [name, cpu.toFixed(1), ((cpu * 1e6) / lines).toFixed(2), of('peakMiB').highest.toFixed(0)];
    }),
  );
}

function seconds({ median, lowest, highest }: Summary): string {
  return `${median.toFixed(1)} (${lowest.toFixed(1)}–${highest.toFixed(1)})`;
}

/** Of all processes together. */
function cpuSecondsOf({ services }: CloseRound): number {
  return Object.values(services.use).reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
}

/** Of each round by itself, since what disturbs a round disturbs both. */
function timesFloorOf({ rounds }: CloseSize): number {
  return summaryOf(rounds.map(({ services, floor }) => services.seconds / floor.seconds)).median;
}

function timesFasterOf({ rounds }: CloseSize): number {
  return summaryOf(rounds.map(({ services, rowByRowSeconds }) => rowByRowSeconds / services.seconds)).median;
}

/** The service with the highest peak; PostgreSQL and Kafka are given their memory by their settings. */
function largestProcessOf({ rounds }: CloseSize): { name: string; peakMiB: number } {
  return rounds
    .flatMap(({ services }) => Object.entries(services.use).map(([name, { peakMiB }]) => ({ name, peakMiB })))
    .filter(({ name }) => name !== 'postgres' && name !== 'kafka')
    .reduce((largest, each) => (each.peakMiB > largest.peakMiB ? each : largest), { name: 'none', peakMiB: 0 });
}
