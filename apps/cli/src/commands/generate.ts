import { resolve } from 'node:path';
import { type Month, MonthSchema } from '@wewrite/contracts';
import { type Command, InvalidArgumentError } from 'commander';
import { generateCommunity } from '../generate/community.ts';
import { writeCommunity } from '../generate/write-community.ts';
import { monthCount, monthOption, monthsUntil } from './options.ts';

interface GenerateOptions {
  readonly supporters: number;
  readonly writers?: number;
  readonly seed: number;
  readonly months: number;
  readonly month: Month;
  readonly output: string;
  readonly json: boolean;
}

const mostUsers = 1_000_000;

/** `wewrite generate`: a community of any size as input files, the same for the same options. */
export function addGenerateCommand(program: Command): void {
  program
    .command('generate')
    .description('make a community as input files for the demo')
    .requiredOption('--supporters <number>', 'how many supporters', userCount)
    .requiredOption('--output <directory>', 'where the files are written')
    .option('--writers <number>', 'how many writers; a fifth of the supporters unless given', userCount)
    .option('--seed <number>', 'another community of the same size', seed, 1)
    .option('--months <number>', 'how many months it is for', monthCount, 2)
    .option('--month <YYYY-MM>', 'the last of them', monthOption, MonthSchema.parse('2026-11'))
    .option('--json', 'say what was written as JSON', false)
    .action(generate);
}

async function generate(options: GenerateOptions): Promise<void> {
  const { supporters, seed: chosenSeed } = options;
  const writers = options.writers ?? Math.max(1, Math.round(supporters / 5));
  const months = monthsUntil(options.month, options.months);
  const community = generateCommunity({ supporters, writers, seed: chosenSeed, months });
  const directory = resolve(options.output);
  await writeCommunity(directory, community);
  const counts = Object.entries(community).map(([name, rows]): [string, number] => [name, rows.length]);
  if (options.json) process.stdout.write(`${JSON.stringify({ directory, ...Object.fromEntries(counts) })}\n`);
  else process.stdout.write(`${directory}: ${counts.map(([name, rows]) => `${rows} ${name}`).join(', ')}\n`);
}

function userCount(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > mostUsers) throw new InvalidArgumentError(`It is a number from 1 to ${mostUsers}.`);
  return count;
}

function seed(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It is a number of up to nine digits.');
  return Number(text);
}
