import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { prepareTelemetry } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { topicOf } from './disturbances.ts';
import { community, type StoryOptions, startStory } from './month-story.ts';
import { faultsOfTrace, type Span, spansIn, startCollector, type TracedPayout } from './spans.ts';

const deadlineMs = 120_000;

describe('the trace of a close', () => {
  let input: Awaited<ReturnType<typeof community>>;
  let directory: string;
  beforeAll(async () => {
    prepareTelemetry();
    input = await community({ supporters: 12, writers: 3 });
    directory = await mkdtemp(join(tmpdir(), 'wewrite-traces-'));
  });
  afterAll(async () => {
    await rm(directory, { recursive: true, force: true });
    await input.remove();
  });

  /** Plays the story and gives, for each month, what its trace lacks. `spans` are read when all have been sent. */
  async function faults(options: Omit<StoryOptions, 'input'>, spans: () => readonly Span[]): Promise<string[][]> {
    const story = await startStory({ input: input.directory, ...options });
    let told: { month: string; traceId: string; payouts: readonly TracedPayout[] }[] = [];
    try {
      const { months } = await story.play();
      const { rows } = await sql<TracedPayout>`select id, month, user_id, traceparent from payout`.execute(
        story.harness.database('payouts').kysely,
      );
      told = months.map(({ month, traceId }) => ({
        month,
        traceId,
        payouts: rows.filter((payout) => payout.month === month),
      }));
    } finally {
      await story.stop();
    }
    expect(told.every(({ payouts }) => payouts.length > 0)).toBe(true);
    return told.map(({ traceId, payouts }) => faultsOfTrace(spans(), traceId, payouts));
  }

  test(
    'F7: in the file, one trace leads from the request through every service to each transfer',
    async () => {
      const file = join(directory, 'whole.jsonl');
      const found = await faults({ environment: { TRACES_FILE: file } }, () => spansIn(file));
      expect(found).toEqual([[], []]);
    },
    deadlineMs,
  );

  test(
    'F7: a collector gets the same trace over OTLP',
    async () => {
      const collector = await startCollector();
      const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
      const found = await faults({ environment }, () => collector.spans);
      await collector.stop();
      expect(found).toEqual([[], []]);
    },
    deadlineMs,
  );

  test.each(['month.locked', 'earnings.calculated', 'escrow.funded', 'payout.requested'])(
    'F7: a lost traceparent of %s is found',
    async (topic) => {
      const file = join(directory, `${topic}.jsonl`);
      const brokerOf: StoryOptions['brokerOf'] = (_, broker) => ({
        ...broker,
        send: (records) =>
          broker.send(
            records.map((record) => {
              const { traceparent: _lost, ...headers } = record.headers;
              return topicOf(record) === topic ? { ...record, headers } : record;
            }),
          ),
      });
      const found = await faults({ brokerOf, environment: { TRACES_FILE: file } }, () => spansIn(file));
      for (const faultsOfMonth of found) expect(faultsOfMonth).toContainEqual(expect.stringContaining(topic));
    },
    deadlineMs,
  );
});
