import { describe, expect, test } from '@jest/globals';
import { rateHeaders, rateLimiter } from './rate-limit.ts';

const terms = { perSecond: 50, burst: 200 };

describe('a rate limit per user', () => {
  test('a burst passes, what exceeds it is refused, and time fills it again', () => {
    const limit = rateLimiter(terms);
    const burst = Array.from({ length: 201 }, () => limit('ada', 0).isAllowed);
    expect(burst.filter(Boolean)).toHaveLength(200);
    expect(limit('ada', 10)).toEqual({ isAllowed: false, remaining: 0, retryAfterSeconds: 1 });
    expect(limit('ada', 21)).toMatchObject({ isAllowed: true });
    expect(limit('ada', 1_000_000)).toEqual({ isAllowed: true, remaining: 199, retryAfterSeconds: 0 });
  });

  test('users do not share a bucket, and a clock that steps back fills nothing', () => {
    const limit = rateLimiter({ perSecond: 1, burst: 1 });
    expect(limit('ada', 5_000).isAllowed).toBe(true);
    expect(limit('ben', 5_000).isAllowed).toBe(true);
    expect(limit('ada', 0).isAllowed).toBe(false);
  });

  test('the headers name the quota and what is left', () => {
    expect(rateHeaders(terms, { isAllowed: true, remaining: 12, retryAfterSeconds: 0 })).toEqual({
      'ratelimit-policy': '"user";q=200;w=4',
      ratelimit: '"user";r=12;t=0',
    });
  });
});
