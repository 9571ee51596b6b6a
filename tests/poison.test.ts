import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { earningsCalculated, monthLocked, topics } from '@wewrite/contracts';
import { booksOf, community, type MonthStory, paidIn, startStory, transfersAt } from './month-story.ts';
import { changeSchema, operatorsDesk } from './operators-desk.ts';

const deadlineMs = 120_000;
const environment = { CHUNK_SUPPORTERS: '5' };

describe('poison among good messages', () => {
  let input: Awaited<ReturnType<typeof community>>;
  let undisturbed: ReturnType<typeof booksOf>;
  beforeAll(async () => {
    input = await community();
    const calm = await startStory({ input: input.directory, environment });
    undisturbed = booksOf(await calm.play());
    await calm.stop();
  }, deadlineMs);
  afterAll(() => input.remove());

  test(
    'B2: is parked with its cause, its neighbours flow, and once the cause is mended a replay gives the same books',
    async () => {
      const story = await startStory({ input: input.directory, environment });
      try {
        const desk = await operatorsDesk(story);
        const writer = undisturbed.reports[0]?.writers.find(({ netCents }) => netCents > 0)?.userId;
        await changeSchema(story, 'earnings', 'alter table chunk add constraint poison check (chunk <> 1)');
        await changeSchema(
          story,
          'payouts',
          `alter table writer_credit add constraint poison check (user_id <> '${writer}')`,
        );
        await sayGarbage(story);
        const telling = story.play();
        // It is awaited at the end: when it fails before, the test says why all the same.
        telling.catch(() => undefined);

        const chunk = await desk.parkedFor('earnings', monthLocked, 'poison');
        await expect(desk.order(chunk, 'drop')).rejects.toThrow('must_not_be_dropped');
        await changeSchema(story, 'earnings', 'alter table chunk drop constraint poison');
        expect(await desk.order(chunk, 'replay')).toMatchObject({ state: 'replayed' });

        const credit = await desk.parkedFor('payouts', earningsCalculated, 'poison');
        expect(await desk.order(credit, 'replay')).toMatchObject({ state: 'parked', key: writer, canBeDropped: false });
        await changeSchema(story, 'payouts', 'alter table writer_credit drop constraint poison');
        expect(await desk.order(credit, 'replay')).toMatchObject({ state: 'replayed' });

        const told = await telling;
        expect(booksOf(told)).toEqual(undisturbed);
        expect(await transfersAt(story.sandboxUrl)).toEqual(paidIn(told));
        const garbage = await desk.list();
        expect(garbage.map(({ topic, service }) => `${service} ${topic}`)).toEqual(expect.arrayContaining([...spoilt]));
        for (const parked of garbage) {
          expect(parked.reason).toMatch(/^unreadable value|^header ce_id is missing/);
          expect(await desk.order(parked, 'drop')).toMatchObject({ state: 'dropped' });
        }
        expect(await desk.list()).toEqual([]);
      } finally {
        await story.stop();
      }
    },
    deadlineMs,
  );
});

/** Some of those that hear what is said to every topic. */
const spoilt = [
  'allocations funding.changed',
  'billing month.locked',
  'billing payout.settled',
  'earnings month.locked',
  'payouts earnings.calculated',
  'payouts payout.requested',
  'monitoring month.progress',
  'monitoring message.parked',
  'monitoring operator.command',
] as const;

/** Says to each topic what is no message; half of them with the id that a message of ours has. */
async function sayGarbage({ harness }: MonthStory): Promise<void> {
  for (const topic of topics) {
    const headers = topic.keptParts.length === 0 ? { ce_id: 'garbage', ce_time: '2026-10-01T00:00:00.000Z' } : {};
    const value = Buffer.from('{"part": "\0');
    await harness.broker.send([{ topic: harness.topicName(topic), key: 'garbage', value, headers: { ...headers } }]);
  }
  await harness.settled();
}
