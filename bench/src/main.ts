import { prepareTelemetry } from '@wewrite/service-kit';
import { Command, InvalidArgumentError, Option } from 'commander';
import { benchClose } from './bench-close.ts';
import { benchLedger } from './bench-ledger.ts';
import { describeClose } from './describe-close.ts';
import { describeLedger } from './describe-ledger.ts';
import { writeResults } from './results.ts';
import type { KafkaKind } from './servers.ts';

const say = (sentence: string) => void process.stderr.write(`${sentence}\n`);

interface CloseOptions {
  readonly supporters: readonly [number, ...number[]];
  readonly rounds: readonly [number, ...number[]];
  readonly processes: 'one' | 'each';
  readonly kafka: KafkaKind;
  readonly write: boolean;
}

const program = new Command('bench').description('Measures one path of the system beside its peers, in the same run');

program
  .command('close')
  .description("a month's close, beside set-based SQL and beside row-by-row transactions")
  .option(
    '--supporters <sizes>',
    'how many, each with ten allocations; several sizes separated by commas',
    countsOf,
    [100_000],
  )
  .option('--rounds <counts>', 'how often everything is measured: for all sizes, or one number for each', countsOf, [5])
  .addOption(
    new Option('--processes <how>', 'the services in processes of their own, or in one')
      .choices(['one', 'each'])
      .default('each'),
  )
  .addOption(
    new Option('--kafka <kind>', 'Apache Kafka, or a broker inside this process')
      .choices(['jvm', 'memory'])
      .default('jvm'),
  )
  .option('--no-write', 'leave RESULTS.md as it is')
  .action(async (options: CloseOptions) => {
    if (options.kafka === 'memory' && options.processes === 'each') {
      program.error('error: a broker inside this process cannot be shared: give --processes one, too');
    }
    const { supporters, rounds } = options;
    if (rounds.length !== 1 && rounds.length !== supporters.length) {
      program.error('error: --rounds takes one number, or as many as there are sizes');
    }
    const sizes = await benchClose({
      ...options,
      sizes: supporters.map((size, index) => ({ supporters: size, rounds: rounds[index] ?? rounds[0] })),
      say,
    });
    const text = describeClose(sizes, options);
    process.stdout.write(`${text}\n`);
    if (options.write) writeResults('close', text);
  });

program
  .command('ledger')
  .description('posting transfers in batches, beside a plain INSERT and beside one statement a transfer')
  .option('--rounds <count>', 'how often everything is measured', countOf, 5)
  .option('--transfers <count>', 'how many are posted in the largest batches', countOf, 16_000)
  .option('--no-write', 'leave RESULTS.md as it is')
  .action(async (options: { rounds: number; transfers: number; write: boolean }) => {
    const text = describeLedger(await benchLedger({ ...options, say }));
    process.stdout.write(`${text}\n`);
    if (options.write) writeResults('ledger', text);
  });

function countOf(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1) throw new InvalidArgumentError('It is a whole number above 0.');
  return count;
}

function countsOf(text: string): number[] {
  return text.split(',').map(countOf);
}

prepareTelemetry();
await program.parseAsync();
// Whatever a library keeps open must not keep the process: all that is ours has been stopped.
process.exit();
