/** Requests per second in the long run, and how many may come at once. */
export interface RateTerms {
  readonly perSecond: number;
  readonly burst: number;
}

/** What is left to somebody after a request. */
export interface RateVerdict {
  readonly isAllowed: boolean;
  readonly remaining: number;
  /** Whole seconds until another request is allowed, 0 when one is. */
  readonly retryAfterSeconds: number;
}

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

const forgottenAtBuckets = 100_000;

/** A token bucket for each key, e.g. a user: full at first, filled with time, one token a request. */
export function rateLimiter(terms: RateTerms): (key: string, nowMs: number) => RateVerdict {
  const buckets = new Map<string, Bucket>();
  return (key, nowMs) => {
    const known = buckets.get(key) ?? { tokens: terms.burst, filledAtMs: nowMs };
    const filled = ((nowMs - known.filledAtMs) / 1_000) * terms.perSecond;
    const tokens = Math.min(terms.burst, known.tokens + Math.max(0, filled));
    const isAllowed = tokens >= 1;
    const left = isAllowed ? tokens - 1 : tokens;
    // Last used is last: the first of the map is who has been away longest.
    buckets.delete(key);
    buckets.set(key, { tokens: left, filledAtMs: nowMs });
    if (buckets.size > forgottenAtBuckets) for (const oldest of buckets.keys()) if (buckets.delete(oldest)) break;
    const retryAfterSeconds = left >= 1 ? 0 : Math.ceil((1 - left) / terms.perSecond);
    return { isAllowed, remaining: Math.floor(left), retryAfterSeconds };
  };
}

/** The fields of draft-ietf-httpapi-ratelimit-headers: the quota of a window, what is left of it and when there is more. */
export function rateHeaders(terms: RateTerms, verdict: RateVerdict): Record<string, string> {
  const windowSeconds = Math.max(1, Math.ceil(terms.burst / terms.perSecond));
  return {
    'ratelimit-policy': `"user";q=${terms.burst};w=${windowSeconds}`,
    ratelimit: `"user";r=${verdict.remaining};t=${verdict.retryAfterSeconds}`,
  };
}
