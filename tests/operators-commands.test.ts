import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  addsUp,
  ExplanationSchema,
  MonthProgressSchema,
  monthReconciled,
  ParkedMessageSchema,
  RehearsalReportSchema,
  RehearsedPayoutSchema,
  serviceNames,
} from '@wewrite/contracts';
import { z } from 'zod';
import { community, type MonthStory, startStory, type Told } from './month-story.ts';

/** Each command is a process that has to start. */
const deadlineMs = 240_000;
const program = fileURLToPath(new URL('../apps/cli/src/main.ts', import.meta.url));

let story: MonthStory;
let input: Awaited<ReturnType<typeof community>>;
let told: Told;
let token: string;
beforeAll(async () => {
  input = await community();
  story = await startStory({ input: input.directory });
  told = await story.play();
  token = await story.harness.token({ sub: 'olga', roles: ['admin'] });
}, deadlineMs);
afterAll(async () => {
  await story.stop();
  await input.remove();
});

/** Runs `wewrite` in a process of its own, at the story's gateway. */
function wewrite(...words: readonly string[]): Promise<{ code: number; output: string; complaint: string }> {
  const environment = { ...process.env, WEWRITE_GATEWAY: story.gatewayUrl, WEWRITE_TOKEN: token };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program, ...words], { env: environment }, (_, output, complaint) =>
      resolve({ code: child.exitCode ?? -1, output, complaint }),
    );
  });
}

async function jsonOf<Schema extends z.ZodType>(schema: Schema, ...words: readonly string[]): Promise<z.infer<Schema>> {
  const { code, output, complaint } = await wewrite(...words, '--json');
  expect({ code, complaint }).toEqual({ code: 0, complaint: '' });
  return schema.parse(JSON.parse(output));
}

describe('wewrite', () => {
  test(
    'month status and close show a reconciled month, for people and as JSON',
    async () => {
      expect(await jsonOf(MonthProgressSchema, 'month', 'status', '2026-11')).toMatchObject({ reconciled: true });
      const { code, output } = await wewrite('month', 'close', '2026-11');
      expect({ code, lastLine: output.trimEnd().split('\n').at(-1) }).toEqual({
        code: 0,
        lastLine: 'month 2026-11: 0 ¢ unexplained',
      });
      expect(output).toMatch(/payouts\s+█+ \d+ of \d+/);
    },
    deadlineMs,
  );

  test(
    'F1: reconcile shows what had to be equal, and each side of it',
    async () => {
      const { equations } = await jsonOf(MonthProgressSchema, 'reconcile', '2026-11');
      expect(equations.length).toBeGreaterThan(10);
      expect(equations.filter(({ differenceCents }) => differenceCents !== 0)).toEqual([]);
      const { code, output } = await wewrite('reconcile', '2026-11');
      expect(code).toBe(0);
      expect(output).toMatch(/earnings netCents = payouts netCents +\$[\d,.]+ = \$[\d,.]+\n/);
      expect(output.trimEnd().split('\n').at(-1)).toBe('month 2026-11: 0 ¢ unexplained');
      expect(await wewrite('reconcile', '2027-01')).toMatchObject({
        code: 1,
        complaint: 'No close of 2027-01 has begun.\n',
      });
    },
    deadlineMs,
  );

  test(
    'month rehearse forecasts the running month, for people and as JSON',
    async () => {
      const schema = RehearsalReportSchema.extend({ writers: z.array(RehearsedPayoutSchema) });
      const report = await jsonOf(schema, 'month', 'rehearse', '2026-12');
      expect(report).toMatchObject({ month: '2026-12', unexplainedCents: 0, comparison: null });
      const paid = report.writers.filter(({ reason }) => reason === null);
      expect(paid).toHaveLength(report.payouts.payouts);
      expect(paid.reduce((sum, { netCents }) => sum + netCents, 0)).toBe(report.payouts.netCents);
      expect(report.writers.length - paid.length).toBe(
        report.payouts.skipped.reduce((sum, { writers }) => sum + writers, 0),
      );
      const { code, output } = await wewrite('month', 'rehearse', '2026-12');
      expect(code).toBe(0);
      expect(output).toContain('rehearsal of 2026-12: 0 ¢ differ');
      expect(output.match(/^(pays|keeps) .*: \$/gm)).toHaveLength(report.writers.length);
      expect((await wewrite('month', 'rehearse', '2026-11')).complaint).toContain('has been started');
    },
    deadlineMs,
  );

  test(
    'parked lists, replays and drops what services could not handle',
    async () => {
      const value = Buffer.from('no message');
      const headers = { ce_id: 'garbage', ce_time: '2026-12-01T00:00:00.000Z' };
      await story.harness.broker.send([{ topic: story.harness.topicName(monthReconciled), key: 'k', value, headers }]);
      await story.harness.settled();
      const listed = await jsonOf(z.array(ParkedMessageSchema), 'parked', 'list');
      expect(listed.map(({ service, topic }) => `${service} ${topic}`)).toContain('billing month.reconciled');
      const [billings] = listed.filter(({ service }) => service === 'billing');
      const replayed = await wewrite('parked', 'replay', billings?.id ?? '', '--reason', 'try again');
      expect(replayed).toMatchObject({ code: 1, complaint: '1 of 1 are still parked.\n' });
      expect(replayed.output).toContain('unreadable value');
      expect(await wewrite('parked', 'drop', '--all', '--reason', 'nobody knows it')).toMatchObject({ code: 0 });
      expect(await wewrite('parked', 'list')).toMatchObject({ code: 0, output: 'nothing\n' });
      const dropped = await jsonOf(z.array(ParkedMessageSchema), 'parked', 'list', '--state', 'dropped');
      expect(dropped.map(({ lastOrder }) => lastOrder?.reason)).toEqual(listed.map(() => 'nobody knows it'));
    },
    deadlineMs,
  );

  test(
    'outbox status tells of each service what waits and whose relay sends',
    async () => {
      const ports = serviceNames.flatMap((name) => ['--admin', story.harness.adminUrl(name)]);
      const states = await jsonOf(z.array(z.looseObject({ service: z.string() })), 'outbox', 'status', ...ports);
      expect(states).toEqual(
        serviceNames.map((service) => expect.objectContaining({ service, waiting: 0, oldestSeconds: 0, leads: true })),
      );
    },
    deadlineMs,
  );

  test(
    'explain follows a line to its invoice, its writer’s month and its payout, and the amounts of each step add up',
    async () => {
      const paid = told.months.at(-1)?.writers.find(({ payoutStatus }) => payoutStatus === 'paid');
      const rows = told.lines.split('\n').map((row) => row.split(','));
      const [lineId = ''] =
        rows.find(([, month, , recipient]) => month === '2026-11' && recipient === paid?.userId) ?? [];
      const chain = await jsonOf(z.array(ExplanationSchema), 'explain', lineId);
      expect(chain.map(({ of }) => of)).toEqual(['line', 'invoice', 'writer_month', 'payout']);
      expect(chain[0]).toMatchObject({ id: lineId, related: chain.slice(1).map(({ of, id }) => ({ of, id })) });
      const transfers = chain.map(({ steps }) => steps.find(({ step }) => step === 'transfer')?.id);
      expect(transfers).toEqual([paid?.transferId, undefined, paid?.transferId, paid?.transferId]);
      const payout = chain.at(-1)?.id ?? '';
      const back = await jsonOf(z.array(ExplanationSchema), 'explain', payout);
      expect(back.map(({ of }) => of).slice(0, 2)).toEqual(['payout', 'writer_month']);
      for (const { of, id } of chain) expect(back.map((one) => [one.of, one.id])).toContainEqual([of, id]);
      for (const explanation of chain) {
        expect(addsUp(explanation)).toBe(true);
        const { of, id } = explanation;
        const named = of === 'writer_month' ? [paid?.userId ?? '', id] : [id];
        expect((await jsonOf(z.array(ExplanationSchema), 'explain', ...named))[0]).toEqual(explanation);
      }
      const { code, output } = await wewrite('explain', lineId);
      expect(code).toBe(0);
      for (const { of, id } of chain) expect(output).toContain(`${of.replace('_', ' ')} ${id}\n`);
    },
    deadlineMs,
  );

  test.each([
    ['a line', 'nobody_page_p1_2026-11'],
    ['a payout', '3f2b8a54-8f0b-5c7e-9a51-52f8a5b0c9aa'],
    ['an invoice', 'in_none'],
  ])(
    'explain of %s that nobody knows fails with a sentence',
    async (_, id) => {
      const complaint = `Nothing is known of ${id}: is its month calculated?\n`;
      expect(await wewrite('explain', id)).toEqual({ code: 1, output: '', complaint });
    },
    deadlineMs,
  );

  test(
    'a wrong word, and an order about nothing, are usage',
    async () => {
      expect(await wewrite('month', 'rehearse', 'november')).toMatchObject({ code: 2 });
      expect(await wewrite('parked', 'drop', '--reason', 'none')).toMatchObject({ code: 2 });
      expect(await wewrite('parked', 'forget')).toMatchObject({ code: 2 });
    },
    deadlineMs,
  );
});
