import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Month, month, previousMonth } from '@wewrite/contracts';
import { until } from '@wewrite/local-stack';
import type { Harness } from '@wewrite/local-stack/harness';
import { z } from 'zod';
import { apiAt } from '../apps/cli/src/demo/api.ts';
import { playStory } from '../apps/cli/src/demo/story.ts';
import { generateCommunity } from '../apps/cli/src/generate/community.ts';
import { writeCommunity } from '../apps/cli/src/generate/write-community.ts';
import { type CheckedInput, loadInput } from '../apps/cli/src/input/load-input.ts';
import { plainPrinter } from '../apps/cli/src/printer.ts';
import { linesCsv } from '../apps/cli/src/report/lines.ts';
import type { ReportMonth } from '../apps/cli/src/report/report.ts';
import { type PlatformOptions, startPlatform } from './platform.ts';

/** The months that a story lives through, in order. */
export const months: readonly [Month, ...Month[]] = [previousMonth(month('2026-11')), month('2026-11')];

/** A month's story that is ready to be played, and what may be done to it meanwhile. */
export interface MonthStory {
  readonly harness: Harness;
  readonly sandboxUrl: string;
  readonly gatewayUrl: string;
  /** Supporters subscribe and allocate over HTTP, renewals come, each month is closed until it is reconciled. */
  play(): Promise<Told>;
  stop(): Promise<void>;
}

/** What a story comes to: each month's report, and every line as the CSV of `--lines`. */
export interface Told {
  readonly months: readonly ReportMonth[];
  readonly lines: string;
}

/** What differs from one telling of the story to the next. */
export interface StoryOptions extends Omit<PlatformOptions, 'now'> {
  /** A community that {@link community} made. */
  readonly input: string;
  /** Those that are closed, in order; {@link months} unless told otherwise. */
  readonly months?: readonly [Month, ...Month[]];
}

/** A small community's files in a directory of their own, the same for the same seed. */
export async function community({ supporters = 24, writers = 8, seed = 1 } = {}): Promise<{
  directory: string;
  remove(): Promise<void>;
}> {
  const directory = await mkdtemp(join(tmpdir(), 'wewrite-community-'));
  await writeCommunity(directory, generateCommunity({ supporters, writers, seed, months }));
  return { directory, remove: () => rm(directory, { recursive: true, force: true }) };
}

/** A platform with nobody there yet, and the story that is to be played on it. */
export async function startStory(options: StoryOptions): Promise<MonthStory> {
  const played = options.months ?? months;
  const input = await loadInput(options.input, played);
  const platform = await startPlatform({ ...options, now: `${played[0]}-01T00:00:00.000Z` });
  const { harness, sandboxUrl, gatewayUrl, stripe, steering } = platform;
  return {
    harness,
    sandboxUrl,
    gatewayUrl,
    play: async () => {
      const { months: closed, lines } = await playStory(
        {
          input,
          months: played,
          api: apiAt(gatewayUrl),
          tokens: await tokensOf(harness, input),
          steering,
          sandboxUrl,
          stripe,
          printer: plainPrinter({ write: () => undefined }),
        },
        { wantLines: true },
      );
      return { months: closed, lines: linesCsv(lines) };
    },
    stop: platform.stop,
  };
}

/** A telling as two tellings are compared: every cent, every line, nothing that differs by nature (times, ids). */
export function booksOf({ months: told, lines }: Told) {
  const reports = told.map(({ durationsMs: _durations, traceId: _trace, writers, ...rest }) => ({
    ...rest,
    writers: writers.map(({ transferId: _transfer, ...writer }) => writer),
  }));
  return { reports, lines };
}

const MetadataSchema = z.object({ month: z.string(), writer: z.string() });
const TransferSchema = z.object({ amount: z.int(), metadata: MetadataSchema });
const OutboundPaymentSchema = z
  .object({ amount: z.object({ value: z.int() }), metadata: MetadataSchema })
  .transform(({ amount, metadata }) => ({ amount: amount.value, metadata }));
const SandboxSchema = z.object({
  transfer: z.array(TransferSchema).default([]),
  outbound_payment: z.array(OutboundPaymentSchema).default([]),
});

/** What Stripe has paid to writers by either adapter, one line each, in order: `2026-11 writer 1234`. */
export async function transfersAt(sandboxUrl: string): Promise<string[]> {
  // One that was killed a moment ago is on its way back.
  const ask = () => fetch(new URL('/_sandbox/state', sandboxUrl)).catch(() => null);
  const answer = await until('the sandbox answers', ask, { deadlineMs: 30_000 });
  const { transfer, outbound_payment: outbound } = SandboxSchema.parse(await answer.json());
  return [...transfer, ...outbound]
    .map(({ amount, metadata }) => `${metadata.month} ${metadata.writer} ${amount}`)
    .sort();
}

/** What the report says was paid, one line each, as {@link transfersAt} lists it. */
export function paidIn({ months: closed }: Pick<Told, 'months'>): string[] {
  return closed
    .flatMap((told) =>
      told.writers
        .filter(({ payoutStatus }) => payoutStatus === 'paid')
        .map(({ userId, payoutNetCents }) => `${told.month} ${userId} ${payoutNetCents}`),
    )
    .sort();
}

async function tokensOf(harness: Harness, input: CheckedInput) {
  const users: Record<string, string> = {};
  for (const userId of new Set([...input.supporters.keys(), ...input.writers.keys()])) {
    users[userId] = await harness.token({ sub: userId, roles: ['supporter', 'writer'] });
  }
  return {
    admin: await harness.token({ sub: 'admin', roles: ['admin'] }),
    service: await harness.token({ sub: 'site', roles: ['service'] }),
    users,
  };
}
