import { type Month, MonthSchema, previousMonth } from '@wewrite/contracts';
import { Argument, InvalidArgumentError, Option } from 'commander';
import { type KafkaChoice, parseKafkaChoice } from '../config.ts';

const mostMonths = 36;

/** `--kafka`, as commands that start parts have it. */
export function kafkaOption(): Option {
  return new Option('--kafka <docker|jvm|memory|HOST:PORT>', 'which broker').argParser(kafkaChoice);
}

/** `--escrow`, as commands that start parts have it. */
export function escrowOption(): Option {
  return new Option('--escrow <storage|connect>', 'where writers’ money waits, instead of what ESCROW says').choices([
    'storage',
    'connect',
  ]);
}

/** `--processes`, as commands that start parts have it. */
export function processesOption(): Option {
  return new Option('--processes <one|each>', 'services in one process, or each in its own')
    .choices(['one', 'each'])
    .default('one');
}

/** `MONTH`, as commands about one month have it. */
export function monthArgument(): Argument {
  return new Argument('<month>', 'YYYY-MM').argParser(monthOption);
}

/** Reads a month given on the command line. */
export function monthOption(text: string): Month {
  const parsed = MonthSchema.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError('A month is written YYYY-MM, such as 2026-11.');
  return parsed.data;
}

/** Reads a number of months. */
export function monthCount(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > mostMonths) throw new InvalidArgumentError(`It is a number from 1 to ${mostMonths}.`);
  return count;
}

/** So many months in order, the last of them given. */
export function monthsUntil(last: Month, count: number): [Month, ...Month[]] {
  const months: [Month, ...Month[]] = [last];
  while (months.length < count) months.unshift(previousMonth(months[0]));
  return months;
}

function kafkaChoice(text: string): KafkaChoice {
  const choice = parseKafkaChoice(text);
  if (choice === null) throw new InvalidArgumentError('It is docker, jvm, memory, or HOST:PORT.');
  return choice;
}
