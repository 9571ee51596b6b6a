import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Broker, OutgoingRecord } from '../broker.ts';
import { partitionOf } from '../murmur2.ts';
import { describeSharing } from './conformance-sharing.ts';
import { allDone, receive, texts, until } from './receiver.ts';
import { type Stage, textRecord } from './stage.ts';

const partitions = 6;

/** What every `Broker` promises. Both implementations are put through it; the business code relies on nothing else. */
export function describeBroker(name: string, makeBroker: () => Broker): void {
  describe(name, () => {
    let broker: Broker;
    const stage: Stage = {
      broker: () => broker,
      freshTopic: async () => {
        const topic = `conformance.${randomUUID()}`;
        await broker.createTopics([{ name: topic, partitions, retentionDays: 1 }]);
        return topic;
      },
      freshGroup: () => `conformance.${randomUUID()}`,
    };
    beforeAll(() => {
      broker = makeBroker();
    });
    afterAll(() => broker.close());

    describeSending(stage);
    describeRedelivery(stage);
    describeSharing(stage);

    test('close: it ends the consumers, waits for their batches, and everything afterwards is refused', async () => {
      const closing = makeBroker();
      const topic = `conformance.${randomUUID()}`;
      await closing.createTopics([{ name: topic, partitions, retentionDays: 1 }]);
      await closing.send([textRecord(topic, 'a', '1')]);
      const gate = Promise.withResolvers<void>();
      const subscription = { groupId: stage.freshGroup(), topics: [topic] };
      let answered = false;
      const receiver = await receive(closing, subscription, async (records) => {
        await gate.promise;
        answered = true;
        return allDone(records);
      });
      await until('a batch is in hand', () => receiver.batches.length === 1);
      const closed = closing.close();
      gate.resolve();
      await closed;
      expect(answered).toBe(true);
      await expect(closing.send([textRecord(topic, 'a', '2')])).rejects.toThrow('the broker is closed');
      await expect(receive(closing, subscription)).rejects.toThrow('the broker is closed');
      await expect(closing.lag(subscription.groupId, [topic])).rejects.toThrow('the broker is closed');
      await expect(closing.ping()).rejects.toThrow('the broker is closed');
    });
  });
}

function describeSending({ broker, freshTopic, freshGroup }: Stage): void {
  test('topics: creating them again, with a new one between, changes nothing and loses nothing', async () => {
    const topic = await freshTopic();
    await broker().send([textRecord(topic, 'a', 'kept')]);
    const added = `conformance.${randomUUID()}`;
    const wanted = [topic, added].map((name) => ({ name, partitions, retentionDays: 1 }));
    await Promise.all([broker().createTopics(wanted), broker().createTopics(wanted)]);
    await broker().send([textRecord(added, 'a', 'new')]);
    const { records, consumer } = await receive(broker(), { groupId: freshGroup(), topics: [topic, added] });
    await until('both records arrived', () => records.length === 2);
    await consumer.stop();
    expect(texts(records).sort()).toEqual(['kept', 'new']);
  });

  test('topics: a record for one that does not exist is refused', async () => {
    await expect(broker().send([textRecord(`conformance.${randomUUID()}`, 'a', 'lost')])).rejects.toThrow();
  });

  test('ping: a living broker answers', async () => {
    await broker().ping();
  });

  test('bytes: key, value and headers arrive unchanged, binary and empty ones too', async () => {
    const topic = await freshTopic();
    const sent: OutgoingRecord[] = [
      { topic, key: 'binary', value: Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)), headers: {} },
      { topic, key: 'empty', value: Buffer.alloc(0), headers: { empty: '' } },
      { topic, key: 'schlüssel-✓', value: Buffer.from('wert'), headers: { ce_id: 'ä-✓', traceparent: '00-1-2-01' } },
      { topic, key: '', value: Buffer.from('no key'), headers: {} },
    ];
    await broker().send(sent);
    const { records, consumer } = await receive(broker(), { groupId: freshGroup(), topics: [topic] });
    await until('all arrived', () => records.length === sent.length);
    await consumer.stop();
    for (const record of sent) {
      expect(records.find(({ key }) => key === record.key)).toMatchObject(record);
    }
  });

  test('partitions: a key goes where Kafka’s murmur2 puts it', async () => {
    const topic = await freshTopic();
    const keys = Array.from({ length: 60 }, (_, index) => `key-${index}`);
    await broker().send(keys.map((key) => textRecord(topic, key, key)));
    const { records, consumer } = await receive(broker(), { groupId: freshGroup(), topics: [topic] });
    await until('all arrived', () => records.length === keys.length);
    await consumer.stop();
    for (const { key, partition } of records) expect(partition).toBe(partitionOf(key, partitions));
    expect(new Set(records.map(({ partition }) => partition)).size).toBe(partitions);
  });

  test('order: each key’s records arrive in the order of sending, in batches of at most maxRecords of one partition', async () => {
    const topic = await freshTopic();
    for (let round = 0; round < 5; round++) {
      const first = round * 400;
      await broker().send(
        Array.from({ length: 400 }, (_, index) => textRecord(topic, `key-${index % 17}`, `${first + index}`)),
      );
    }
    const receiver = await receive(broker(), { groupId: freshGroup(), topics: [topic], maxRecords: 64 });
    await until('all arrived', () => receiver.records.length === 2000);
    await receiver.consumer.stop();
    for (const [key, records] of Map.groupBy(receiver.records, (record) => record.key)) {
      const numbers = records.map(({ value }) => Number(value));
      expect([key, ...numbers]).toEqual([key, ...numbers.toSorted((a, b) => a - b)]);
    }
    for (const batch of receiver.batches) {
      expect(batch.length).toBeLessThanOrEqual(64);
      expect(batch.map(({ offset }) => offset)).toEqual(
        batch.map((_, index) => (batch[0]?.offset ?? 0n) + BigInt(index)),
      );
      expect(new Set(batch.map(({ partition }) => partition)).size).toBe(1);
    }
  });

  test('size: three records of 500 kB to one partition go in one send', async () => {
    const topic = await freshTopic();
    const sent = [1, 2, 3].map((byte) => ({ topic, key: 'large', value: Buffer.alloc(500_000, byte), headers: {} }));
    await broker().send(sent);
    const { records, consumer } = await receive(broker(), { groupId: freshGroup(), topics: [topic] });
    await until('all arrived', () => records.length === 3);
    await consumer.stop();
    expect(records.map(({ value }) => [value.length, value[0], value.at(-1)])).toEqual([
      [500_000, 1, 1],
      [500_000, 2, 2],
      [500_000, 3, 3],
    ]);
  });

  test('size: a record that Kafka would refuse makes the send reject, and nothing of it is stored', async () => {
    const topic = await freshTopic();
    const tooLarge = { topic, key: 'a', value: Buffer.alloc(1024 * 1024), headers: {} };
    await expect(broker().send([textRecord(topic, 'a', 'first'), tooLarge])).rejects.toThrow('bytes');
    expect(await broker().lag(freshGroup(), [topic])).toBe(0);
  });
}

function describeRedelivery({ broker, freshTopic, freshGroup }: Stage): void {
  test('redelivery: after a throw the same records come again, and none behind them before', async () => {
    const topic = await freshTopic();
    await broker().send(['1', '2', '3'].map((text) => textRecord(topic, 'a', text)));
    let throws = 2;
    const receiver = await receive(broker(), { groupId: freshGroup(), topics: [topic] }, async (records) => {
      if (throws-- > 0) throw new Error('not now');
      return allDone(records);
    });
    await until('the third try came', () => receiver.batches.length === 3);
    await receiver.consumer.stop();
    expect(receiver.batches.map((batch) => texts(batch))).toEqual([
      ['1', '2', '3'],
      ['1', '2', '3'],
      ['1', '2', '3'],
    ]);
  });

  test('redelivery: after a part is done the rest comes again, not before the wait, while other partitions go on', async () => {
    const topic = await freshTopic();
    const groupId = freshGroup();
    const paused = partitionOf('a', partitions);
    const other = Array.from({ length: 50 }, (_, index) => `key-${index}`).find(
      (key) => partitionOf(key, partitions) !== paused,
    );
    await broker().send(['1', '2', '3', '4'].map((text) => textRecord(topic, 'a', text)));
    const at: number[] = [];
    const receiver = await receive(broker(), { groupId, topics: [topic] }, async (records) => {
      if (records[0]?.partition !== paused) return allDone(records);
      at.push(Date.now());
      return at.length === 1 ? { doneCount: 1, retryAfterMs: 600 } : allDone(records);
    });
    await until('the first try came', () => at.length === 1);
    expect(await broker().lag(groupId, [topic])).toBeGreaterThanOrEqual(3);
    await broker().send([textRecord(topic, other ?? '', 'meanwhile')]);
    await until('the second try came', () => at.length === 2);
    await until('the rest is committed', async () => (await broker().lag(groupId, [topic])) === 0);
    await receiver.consumer.stop();
    expect(receiver.batches.map((batch) => texts(batch))).toEqual([
      ['1', '2', '3', '4'],
      ['meanwhile'],
      ['2', '3', '4'],
    ]);
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(595);
  });

  test('redelivery: an answer that is no part of the batch counts as nothing done', async () => {
    const topic = await freshTopic();
    await broker().send([textRecord(topic, 'a', '1')]);
    const receiver = await receive(broker(), { groupId: freshGroup(), topics: [topic] }, async () => ({
      doneCount: receiver?.batches.length === 1 ? 2 : 1,
      retryAfterMs: 0,
    }));
    await until('it came again', () => receiver.batches.length === 2);
    await receiver.consumer.stop();
    expect(texts(receiver.records)).toEqual(['1', '1']);
  });

  test('stop: in the middle of a batch it waits for the handler, commits what is done, and the next member goes on', async () => {
    const topic = await freshTopic();
    const groupId = freshGroup();
    await broker().send(Array.from({ length: 30 }, (_, index) => textRecord(topic, 'a', `${index}`)));
    const gate = Promise.withResolvers<void>();
    const first = await receive(broker(), { groupId, topics: [topic], maxRecords: 10 }, async (records) => {
      await gate.promise;
      return allDone(records);
    });
    await until('a batch is in hand', () => first.batches.length === 1);
    let stopped = false;
    const stopping = first.consumer.stop().then(() => {
      stopped = true;
    });
    expect(await broker().lag(groupId, [topic])).toBe(30);
    expect(stopped).toBe(false);
    gate.resolve();
    await stopping;
    expect(first.batches).toHaveLength(1);
    expect(await broker().lag(groupId, [topic])).toBe(20);
    const second = await receive(broker(), { groupId, topics: [topic] });
    await until('the rest arrived', () => second.records.length === 20);
    await second.consumer.stop();
    expect([...texts(first.records), ...texts(second.records)].map(Number)).toEqual(
      Array.from({ length: 30 }, (_, n) => n),
    );
  });

  test('stop: nothing is delivered afterwards', async () => {
    const topic = await freshTopic();
    const groupId = freshGroup();
    const receiver = await receive(broker(), { groupId, topics: [topic] });
    await receiver.consumer.stop();
    await broker().send([textRecord(topic, 'a', 'later')]);
    const next = await receive(broker(), { groupId, topics: [topic] });
    await until('it went to the next', () => next.records.length === 1);
    await next.consumer.stop();
    expect(receiver.records).toEqual([]);
  });
}
