/** Stripe's limit on requests a second, by the real clock; no limit when none is given. */
export class RateLimit {
  readonly #requestsPerSecond: number | null;
  #second = 0;
  #used = 0;

  constructor(requestsPerSecond: number | null) {
    this.#requestsPerSecond = requestsPerSecond;
  }

  /** Whether one more request is allowed now; counts it if so. */
  admit(): boolean {
    if (this.#requestsPerSecond === null) return true;
    const second = Math.floor(Date.now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#used = 0;
    }
    if (this.#used >= this.#requestsPerSecond) return false;
    this.#used += 1;
    return true;
  }
}
