import type { Endpoint } from './endpoint.ts';

/** Why a request was too many, as Stripe's header says it. */
export type LimitReason = 'global-rate' | 'endpoint-rate';

/** Stripe's limits on requests a second, by the real clock: one for all, and those of single calls. */
export class RateLimit {
  readonly #requestsPerSecond: number | null;
  readonly #realMs: () => number;
  #second = 0;
  #used = 0;
  readonly #usedByEndpoint = new Map<Endpoint, number>();

  /** Without a limit for all, those of single calls are lifted too. */
  constructor(requestsPerSecond: number | null, realMs: () => number) {
    this.#requestsPerSecond = requestsPerSecond;
    this.#realMs = realMs;
  }

  /** Counts a request that is allowed now, or tells the limit that it would exceed. */
  exceeded(endpoint: Endpoint): LimitReason | undefined {
    if (this.#requestsPerSecond === null) return undefined;
    const second = Math.floor(this.#realMs() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#used = 0;
      this.#usedByEndpoint.clear();
    }
    if (this.#used >= this.#requestsPerSecond) return 'global-rate';
    this.#used += 1;
    const used = this.#usedByEndpoint.get(endpoint) ?? 0;
    if (endpoint.requestsPerSecond !== undefined && used >= endpoint.requestsPerSecond) return 'endpoint-rate';
    this.#usedByEndpoint.set(endpoint, used + 1);
    return undefined;
  }
}
