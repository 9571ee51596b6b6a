import {
  booksChecked,
  closingKey,
  type EarningsLine,
  EarningsLinesPageSchema,
  earningsCalculated,
  earningsReversed,
  holdChanged,
  type LockedChunk,
  type LockedClosing,
  type MessageOf,
  monthLocked,
  monthProgress,
  type Topic,
} from '@wewrite/contracts';
import { earnings } from '@wewrite/earnings';
import { type Harness, startHarness } from '@wewrite/local-stack/harness';
import { idOfCause, runnable } from '@wewrite/service-kit';
import { calculationLoop, type StepSizes } from '../src/calculate-earnings.ts';
import type { Context } from '../src/db.ts';

/** The service under test, and what it has said so far. */
export interface EarningsService {
  readonly harness: Harness;
  readonly said: {
    readonly earnings: MessageOf<typeof earningsCalculated>[];
    readonly progress: MessageOf<typeof monthProgress>[];
    readonly books: MessageOf<typeof booksChecked>[];
    readonly reversed: MessageOf<typeof earningsReversed>[];
    readonly holds: MessageOf<typeof holdChanged>[];
  };
  /** Says chunks and closing messages in the given order; `again` gives repeats another message id. */
  say(messages: readonly (LockedChunk | LockedClosing)[], again?: string): Promise<void>;
  get(path: string, caller?: Caller): Promise<{ status: number; body: unknown }>;
  post(path: string, body: object, caller?: Caller): Promise<{ status: number; body: unknown }>;
  /** The answer as it is, e.g. of a page or a file. */
  fetch(path: string, caller: Caller): Promise<Response>;
  /** All pages of a month's lines. */
  lines(month: string, limit?: number): Promise<EarningsLine[]>;
}

/** Who asks: a token's claims. */
export interface Caller {
  readonly sub: string;
  readonly roles: readonly string[];
}

export const lineKeySecret = 'a secret for tests, of 32 characters and more';
const admin: Caller = { sub: 'root', roles: ['admin'] };

/**
 * `surround` changes what each replica is given by the kit, e.g. to listen to its log or to make it fail; `sizes` makes
 * the calculation take many steps where there is little to do.
 */
export async function startEarnings(
  options: { surround?: (context: Context) => Context; sizes?: StepSizes } = {},
): Promise<EarningsService> {
  const { surround = (context) => context, sizes } = options;
  const create = (original: Context) => {
    const context = surround(original);
    const parts = earnings.create(context);
    if (sizes === undefined) return parts;
    const others = (parts.loops ?? []).filter((loop) => loop.name !== 'calculate_earnings');
    return { ...parts, loops: [calculationLoop(context, sizes), ...others] };
  };
  const harness = await startHarness({
    services: [runnable({ ...earnings, create })],
    now: '2026-12-01T09:00:00.000Z',
    environment: { LINE_KEY_SECRET: lineKeySecret },
  });
  const said = {
    earnings: await collect(harness, earningsCalculated),
    progress: await collect(harness, monthProgress),
    books: await collect(harness, booksChecked),
    reversed: await collect(harness, earningsReversed),
    holds: await collect(harness, holdChanged),
  };
  const ask = async (path: string, caller: Caller, request: RequestInit = {}) => {
    const headers = { ...request.headers, authorization: `Bearer ${await harness.token(caller)}` };
    return fetch(`${harness.url('earnings')}${path}`, { ...request, headers });
  };
  const answered = async (response: Response) => ({ status: response.status, body: await response.json() });
  const get = async (path: string, caller: Caller = admin) => answered(await ask(path, caller));
  return {
    harness,
    said,
    get,
    post: async (path, body, caller = admin) =>
      answered(
        await ask(path, caller, {
          method: 'POST',
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json' },
        }),
      ),
    fetch: ask,
    say: async (messages, again = '') => {
      for (const body of messages) {
        const { runId } = body.run;
        const key = body.part === 'chunk' ? `${runId}:${body.chunk}` : closingKey(runId);
        await harness.say(monthLocked, { key, body, id: idOfCause('month.locked', key, again) });
      }
    },
    lines: async (month, limit = 1_000) => {
      const lines: EarningsLine[] = [];
      let query = `limit=${limit}`;
      for (;;) {
        const page = EarningsLinesPageSchema.parse((await get(`/v1/months/${month}/lines?${query}`)).body);
        lines.push(...page.lines);
        if (page.nextCursor === null) return lines;
        query = `limit=${limit}&cursor=${page.nextCursor}`;
      }
    },
  };
}

/** Fills up with what is said on a topic. */
async function collect<T extends Topic>(harness: Harness, topic: T): Promise<MessageOf<T>[]> {
  const messages: MessageOf<T>[] = [];
  await harness.broker.subscribe({
    groupId: `test.${topic.name}`,
    topics: [harness.topicName(topic)],
    maxRecords: 1_000,
    onCrash: () => undefined,
    onBatch: async (records) => {
      for (const record of records)
        messages.push(topic.schema.parse(JSON.parse(record.value.toString())) as MessageOf<T>);
      return { doneCount: records.length, retryAfterMs: 0 };
    },
  });
  return messages;
}
