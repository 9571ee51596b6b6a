import { access, constants, mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { firstInstantOf, type Month } from '@wewrite/contracts';
import { type CliConfig, type EscrowChoice, type KafkaChoice, readConfig } from '../config.ts';
import { EnvironmentFault, RunFailure, UsageFault } from '../exit-codes.ts';
import { type CheckedInput, loadInput } from '../input/load-input.ts';
import { untilInterrupted } from '../interrupt.ts';
import { type Printer, printerFor } from '../printer.ts';
import { linesCsv } from '../report/lines.ts';
import { ReportSchema } from '../report/report.ts';
import { sandboxSecretKey } from '../stack/sandbox-part.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import type { TokenHolder } from '../stack/tokens.ts';
import { sandboxClient } from '../stack/webhook-endpoints.ts';
import { apiAt } from './api.ts';
import { steeringOf } from './steering.ts';
import { type Ending, playStory } from './story.ts';
import type { World } from './world.ts';

/** What `wewrite demo` was asked for. */
export interface DemoOptions {
  readonly once: boolean;
  readonly input: string;
  readonly months: number;
  readonly month: Month;
  readonly report?: string;
  readonly lines?: string;
  readonly kafka?: KafkaChoice;
  readonly processes: 'one' | 'each';
  readonly escrow?: EscrowChoice;
  readonly reset: boolean;
}

type Months = readonly [Month, ...Month[]];

/** A cron expression that no day matches: the demo starts each close itself. */
const never = '0 0 31 2 *';

/** Checks the input, starts the stack, plays the story, writes the results, and stays up unless `--once`. */
export async function runDemo(options: DemoOptions, months: Months): Promise<void> {
  const printer = printerFor(process.stdout);
  const config = readConfig();
  if (config.stripeSecretKey !== null) {
    throw new EnvironmentFault(
      'stripe: the demo needs the sandbox, since the clock of Stripe itself cannot be steered: unset STRIPE_SECRET_KEY.',
    );
  }
  await checkWritable(options);
  const input = await printer.step('input is checked', () => loadInput(resolve(options.input), months));
  const interrupted = untilInterrupted();
  const stack = await startDemoStack(config, { options, months, input, printer });
  const failure = stack.failed.then((error) => {
    throw error;
  });
  const interruption = interrupted.then(() => {
    throw new RunFailure('interrupted before the last month was reconciled.');
  });
  try {
    const world = worldOf(stack, { months, input, printer });
    const story = playStory(world, { wantLines: options.lines !== undefined });
    await writeResults(options, await Promise.race([story, failure, interruption]));
    if (options.once) return;
    await world.steering.run();
    showEntrance(stack, input, printer);
    await Promise.race([interrupted, failure]);
  } finally {
    await stack.stop();
  }
}

function startDemoStack(
  config: CliConfig,
  { options, months, input, printer }: { options: DemoOptions; months: Months; input: CheckedInput; printer: Printer },
): Promise<Stack> {
  printer.say('Rate limits, ours and the sandbox’s, are lifted in the demo.');
  return startStack({
    name: 'demo',
    config,
    persistent: false,
    reset: options.reset,
    kafka: options.kafka ?? null,
    processes: options.processes,
    escrow: options.escrow ?? null,
    now: firstInstantOf(months[0]),
    tokenHolders: tokenHoldersOf(input),
    closeCron: never,
    say: (sentence) => printer.say(sentence),
  });
}

/** A user may be both a supporter and a writer. */
function tokenHoldersOf(input: CheckedInput): TokenHolder[] {
  const userIds = new Set([...input.supporters.keys(), ...input.writers.keys()]);
  return [...userIds].map((userId) => ({
    userId,
    roles: [
      ...(input.supporters.has(userId) ? (['supporter'] as const) : []),
      ...(input.writers.has(userId) ? (['writer'] as const) : []),
    ],
  }));
}

function worldOf(stack: Stack, parts: { months: Months; input: CheckedInput; printer: Printer }): World {
  const sandboxUrl = stack.urls.sandbox;
  if (sandboxUrl === null) throw new Error('the demo has no sandbox.');
  return {
    ...parts,
    api: apiAt(stack.urls.gateway),
    tokens: stack.tokens,
    steering: steeringOf({ sandboxUrl, adminUrls: Object.values(stack.urls.admin) }),
    sandboxUrl,
    stripe: sandboxClient(sandboxUrl, sandboxSecretKey),
  };
}

async function checkWritable(options: DemoOptions): Promise<void> {
  for (const file of [options.report, options.lines]) {
    if (file === undefined) continue;
    const directory = dirname(resolve(file));
    try {
      await mkdir(directory, { recursive: true });
      await access(directory, constants.W_OK);
    } catch (error) {
      throw new UsageFault(`${file} cannot be written.`, { cause: error });
    }
  }
}

async function writeResults(options: DemoOptions, { months, lines }: Ending): Promise<void> {
  if (options.report !== undefined) {
    const report = ReportSchema.parse({ months });
    await writeFile(resolve(options.report), `${JSON.stringify(report, null, 2)}\n`);
  }
  if (options.lines !== undefined) await writeFile(resolve(options.lines), linesCsv(lines));
}

function showEntrance({ urls, tokens, tracesFile }: Stack, input: CheckedInput, printer: Printer): void {
  const entry = (role: string, users: ReadonlyMap<string, unknown>) =>
    [...users.keys()].slice(0, 1).map((userId) => `${role} ${userId}\n         ${tokens.users[userId]}`);
  const lines = [
    '',
    `API      ${urls.gateway}/docs`,
    `sandbox  ${urls.sandbox}`,
    ...(tracesFile === null ? [] : [`traces   ${tracesFile}`]),
    'tokens   everybody’s are in .wewrite/run.json',
    `admin    ${tokens.admin}`,
    ...entry('supporter', input.supporters),
    ...entry('writer', input.writers),
    '',
    'Time goes on at real speed. Ctrl-C ends it.',
  ];
  for (const line of lines) printer.say(line);
}
