import { describe, expect, test } from '@jest/globals';
import { type PlacedRecord, produceRequests, recordBytes, requestBytesPerPartition } from './produce-requests.ts';

const record = (partition: number, bytes: number, key = 'key'): PlacedRecord => ({
  topic: 'topic',
  partition,
  key,
  value: Buffer.alloc(bytes),
  headers: { ce_id: 'id' },
});

describe('produceRequests', () => {
  test('Kafka: three records of 500 kB to one partition go in three requests, in order', () => {
    const records = [record(1, 500_000, 'a'), record(1, 500_000, 'b'), record(1, 500_000, 'c')];
    expect(produceRequests(records).map((request) => request.map(({ key }) => key))).toEqual([['a'], ['b'], ['c']]);
  });

  test('Kafka: the limit is per partition, so that a request may carry much more in all', () => {
    const records = Array.from({ length: 12 }, (_, partition) => record(partition, 500_000));
    expect(produceRequests(records)).toEqual([records]);
  });

  test('Kafka: no request carries more than 768 KiB a partition, and none loses or reorders a record', () => {
    const records = Array.from({ length: 500 }, (_, index) => record(index % 3, (index * 7919) % 20_000, `${index}`));
    const requests = produceRequests(records);
    expect(requests.flat()).toEqual(records);
    for (const request of requests) {
      for (const partition of [0, 1, 2]) {
        const inPartition = request.filter((sent) => sent.partition === partition);
        const bytes = inPartition.reduce((sum, sent) => sum + recordBytes(sent), 0);
        expect(bytes).toBeLessThanOrEqual(requestBytesPerPartition);
      }
    }
  });

  test('Kafka: a record that the broker would refuse is refused before anything is sent', () => {
    expect(() => produceRequests([record(0, 10), record(0, 1024 * 1024)])).toThrow('Kafka takes');
  });

  test('Kafka: nothing to send is no request', () => {
    expect(produceRequests([])).toEqual([]);
  });
});
