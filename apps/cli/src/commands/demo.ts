import { fileURLToPath } from 'node:url';
import { type Month, MonthSchema, previousMonth } from '@wewrite/contracts';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type KafkaChoice, parseKafkaChoice } from '../config.ts';
import { type DemoOptions, runDemo } from '../demo/run-demo.ts';

const sampleDirectory = fileURLToPath(new URL('../../../../samples/community', import.meta.url));
const mostMonths = 36;

/** `wewrite demo`: the whole system, a whole story, nothing else to install. */
export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .description('start everything, let months pass on a steered clock, close each, and show what became of every cent')
    .option('--once', 'exit when the last month is reconciled, with code 0 only then', false)
    .option('--input <directory>', 'a community of your own, as CSV files', sampleDirectory)
    .option('--months <number>', 'how many months', monthCount, 2)
    .option('--month <YYYY-MM>', 'the last of them', monthOption, MonthSchema.parse('2026-11'))
    .option('--report <file>', 'write the results as JSON')
    .option('--lines <file>', 'write every line as CSV')
    .option('--reset', 'drop what is in the database of DATABASE_URL', false)
    .addOption(kafkaOption())
    .addOption(processesOption())
    .action((options: DemoOptions) => runDemo(options, monthsUntil(options.month, options.months)));
}

/** `--kafka`, as commands that start parts have it. */
export function kafkaOption(): Option {
  return new Option('--kafka <docker|jvm|memory|HOST:PORT>', 'which broker').argParser(kafkaChoice);
}

/** `--processes`, as commands that start parts have it. */
export function processesOption(): Option {
  return new Option('--processes <one|each>', 'services in one process, or each in its own')
    .choices(['one', 'each'])
    .default('one');
}

/** Reads a month given on the command line. */
export function monthOption(text: string): Month {
  const parsed = MonthSchema.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError('A month is written YYYY-MM, such as 2026-11.');
  return parsed.data;
}

function kafkaChoice(text: string): KafkaChoice {
  const choice = parseKafkaChoice(text);
  if (choice === null) throw new InvalidArgumentError('It is docker, jvm, memory, or HOST:PORT.');
  return choice;
}

function monthCount(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > mostMonths) throw new InvalidArgumentError(`It is a number from 1 to ${mostMonths}.`);
  return count;
}

function monthsUntil(last: Month, count: number): [Month, ...Month[]] {
  const months: [Month, ...Month[]] = [last];
  while (months.length < count) months.unshift(previousMonth(months[0]));
  return months;
}
