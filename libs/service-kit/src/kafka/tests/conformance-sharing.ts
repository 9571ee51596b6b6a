import { expect, test } from '@jest/globals';
import { allDone, receive, texts, until } from './receiver.ts';
import { type Stage, textRecord } from './stage.ts';

/** What a `Broker` promises about groups, their commits and members. */
export function describeSharing({ broker, freshTopic, freshGroup }: Stage): void {
  const spread = (topic: string, from: number, count: number) =>
    Array.from({ length: count }, (_, index) => textRecord(topic, `key-${from + index}`, `${from + index}`));
  const numbers = (texts: readonly string[]) => texts.map(Number).sort((a, b) => a - b);
  const range = (count: number) => Array.from({ length: count }, (_, index) => index);

  test('groups: each gets everything, from the beginning, also what was sent before it was there', async () => {
    const topic = await freshTopic();
    await broker().send(spread(topic, 0, 20));
    const one = await receive(broker(), { groupId: freshGroup(), topics: [topic] });
    await until('the first group has the first', () => one.records.length === 20);
    const two = await receive(broker(), { groupId: freshGroup(), topics: [topic] });
    await broker().send(spread(topic, 20, 20));
    await until('both have all', () => one.records.length === 40 && two.records.length === 40);
    await Promise.all([one.consumer.stop(), two.consumer.stop()]);
    expect(numbers(texts(one.records))).toEqual(range(40));
    expect(numbers(texts(two.records))).toEqual(range(40));
  });

  test('lag: it is what the group has not committed, and counts down to 0', async () => {
    const topic = await freshTopic();
    const groupId = freshGroup();
    expect(await broker().lag(groupId, [topic])).toBe(0);
    await broker().send(spread(topic, 0, 25));
    expect(await broker().lag(groupId, [topic])).toBe(25);
    const { consumer } = await receive(broker(), { groupId, topics: [topic], maxRecords: 3 });
    await until('the lag is 0', async () => (await broker().lag(groupId, [topic])) === 0);
    await broker().send(spread(topic, 25, 5));
    await until('the lag is 0 again', async () => (await broker().lag(groupId, [topic])) === 0);
    await consumer.stop();
    await broker().send(spread(topic, 30, 2));
    expect(await broker().lag(groupId, [topic])).toBe(2);
  });

  test('commits: what was done does not come again to a new member', async () => {
    const topic = await freshTopic();
    const groupId = freshGroup();
    await broker().send(spread(topic, 0, 30));
    const first = await receive(broker(), { groupId, topics: [topic], maxRecords: 4 });
    await until('all is committed', async () => (await broker().lag(groupId, [topic])) === 0);
    await first.consumer.stop();
    await broker().send([textRecord(topic, 'key-0', 'new')]);
    const second = await receive(broker(), { groupId, topics: [topic] });
    await until('the new one arrived', () => second.records.length > 0);
    await second.consumer.stop();
    expect(texts(second.records)).toEqual(['new']);
  });

  test('partitions: several are worked on at the same time, one never twice', async () => {
    const topic = await freshTopic();
    await broker().send(spread(topic, 0, 60));
    const gate = Promise.withResolvers<void>();
    const busy: number[] = [];
    const receiver = await receive(
      broker(),
      { groupId: freshGroup(), topics: [topic], maxRecords: 2 },
      async (records) => {
        const partition = records[0]?.partition ?? -1;
        expect(busy).not.toContain(partition);
        busy.push(partition);
        if (busy.length === 4) gate.resolve();
        await gate.promise;
        busy.splice(busy.indexOf(partition), 1);
        return allDone(records);
      },
    );
    await until('all arrived', () => receiver.records.length === 60);
    await receiver.consumer.stop();
  });

  test('members: two of a group share the partitions, and the one that stays takes over', async () => {
    const topic = await freshTopic();
    const groupId = freshGroup();
    const one = await receive(broker(), { groupId, topics: [topic] });
    const two = await receive(broker(), { groupId, topics: [topic] });
    let sent = 0;
    const sendSome = async () => {
      await broker().send(spread(topic, sent, 60));
      sent += 60;
    };
    await sendSome();
    await until('both have some', () => one.records.length > 0 && two.records.length > 0);
    await until('all is committed', async () => (await broker().lag(groupId, [topic])) === 0);
    expect(numbers(texts([...one.records, ...two.records]))).toEqual(range(sent));
    await one.consumer.stop();
    await sendSome();
    await until('all is committed', async () => (await broker().lag(groupId, [topic])) === 0);
    await two.consumer.stop();
    const received = new Set(numbers(texts([...one.records, ...two.records])));
    expect([...received].sort((a, b) => a - b)).toEqual(range(sent));
    expect(two.records.filter(({ value }) => Number(value) >= 60)).toHaveLength(60);
  });

  test('members: while they come and go nothing is lost', async () => {
    const topic = await freshTopic();
    const groupId = freshGroup();
    const receivers = [await receive(broker(), { groupId, topics: [topic], maxRecords: 5 })];
    for (let round = 0; round < 3; round++) {
      await broker().send(spread(topic, round * 200, 200));
      const [oldest, joining] = [receivers.at(-1), receive(broker(), { groupId, topics: [topic], maxRecords: 5 })];
      receivers.push(await joining);
      await oldest?.consumer.stop();
    }
    await until('all is committed', async () => (await broker().lag(groupId, [topic])) === 0);
    await receivers.at(-1)?.consumer.stop();
    const received = new Set(numbers(receivers.flatMap(({ records }) => texts(records))));
    expect(received).toEqual(new Set(range(600)));
  });
}
