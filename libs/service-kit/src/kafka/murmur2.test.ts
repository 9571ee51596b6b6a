import { describe, expect, test } from '@jest/globals';
import { murmur2, partitionOf } from './murmur2.ts';

describe('murmur2', () => {
  // The vectors of Apache Kafka's own UtilsTest.testMurmur2.
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('Kafka: the hash of %j is the Java client’s', (key, hash) => {
    expect(murmur2(Buffer.from(key))).toBe(hash);
  });

  test('Kafka: the partition is never negative and lies below the count', () => {
    for (let index = 0; index < 1000; index++) {
      const partition = partitionOf(`writer-${index}-ü`, 12);
      expect(partition).toBeGreaterThanOrEqual(0);
      expect(partition).toBeLessThan(12);
    }
  });
});
