import { describe, expect, test } from '@jest/globals';
import { requiredTiers, tierPresent, tiers } from './tiers.ts';

describe('tiers', () => {
  test('REQUIRE_TIERS names tiers, and an unknown one is an error', () => {
    expect(requiredTiers({})).toEqual([]);
    expect(requiredTiers({ REQUIRE_TIERS: 'container, system' })).toEqual(['container', 'system']);
    expect(() => requiredTiers({ REQUIRE_TIERS: 'containers' })).toThrow(`none of ${tiers.join(', ')}`);
  });

  test('A tier that needs what is not here says why', async () => {
    const nowhere = { KAFKA_IMAGE: 'localhost:1/kafka', POSTGRES_IMAGE: 'localhost:1/postgres' };
    expect(await tierPresent('container', nowhere)).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/Docker/),
    });
    expect(await tierPresent('system', { KAFKA_BROKERS: 'localhost:9092' })).toEqual({ ok: true });
  });
});
