import { setImmediate as nextTask } from 'node:timers/promises';
import type { SteeredClock } from './clock.ts';
import { countDueSteps, type DueSteps, takeDueSteps } from './due-work.ts';
import type { Store } from './store.ts';

/** What a clock change did: the time now, and the followers that no longer answered. */
export interface ClockMove {
  readonly now: string;
  readonly running: boolean;
  readonly dropped: readonly string[];
}

const stepsPerTransaction = 50;
const tickMs = 200;
const followerTimeoutMs = 10_000;

/**
 * Moves time: the sandbox's own state through every due step first, in order, then the processes that follow the
 * clock. Moves and ticks take turns, so that no step runs twice or out of order.
 */
export class TimeKeeper {
  readonly #store: Store;
  readonly #clock: SteeredClock;
  readonly #steps: DueSteps;
  readonly #baseUrl: () => string;
  readonly #afterSteps: () => void;
  #queue: Promise<unknown> = Promise.resolve();
  #moving = false;
  #ticking = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: {
    store: Store;
    clock: SteeredClock;
    steps: DueSteps;
    baseUrl: () => string;
    /** Called after each transaction of due steps: there may be webhooks to send. */
    afterSteps: () => void;
  }) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#steps = parts.steps;
    this.#baseUrl = parts.baseUrl;
    this.#afterSteps = parts.afterSteps;
  }

  /** Starts taking steps as they fall due at real speed. */
  start(): void {
    this.#timer = setInterval(() => void this.#tick(), tickMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#queue;
  }

  /** Due steps not yet taken, plus one while time is being moved. */
  pending(): number {
    return countDueSteps(this.#store, this.#clock.nowSeconds()) + (this.#moving ? 1 : 0);
  }

  /** Takes what is due now, without moving the clock. */
  async takeDue(): Promise<void> {
    await this.#exclusively(() => this.#takeSteps(this.#clock.nowMs(), false));
  }

  /** Lets a process follow the clock; its `/clock` is told of every change. */
  follow(url: string): void {
    this.#store.run('INSERT INTO clock_follower (url) VALUES (?) ON CONFLICT DO NOTHING', url);
  }

  /** Sets the clock; undefined when that would be going backwards. */
  async move(targetMs: number, running: boolean | undefined): Promise<ClockMove | undefined> {
    return await this.#exclusively(async () => {
      if (targetMs < this.#clock.nowMs()) return undefined;
      const willRun = running ?? this.#clock.running;
      this.#moving = true;
      try {
        await this.#takeSteps(targetMs, true);
        this.#clock.set(targetMs, willRun);
        const dropped = await this.#tellFollowers();
        return { now: new Date(this.#clock.nowMs()).toISOString(), running: willRun, dropped };
      } finally {
        this.#moving = false;
      }
    });
  }

  async #tick(): Promise<void> {
    if (this.#moving || this.#ticking || countDueSteps(this.#store, this.#clock.nowSeconds()) === 0) return;
    this.#ticking = true;
    await this.takeDue().finally(() => {
      this.#ticking = false;
    });
  }

  /** Takes due steps in short transactions, between which requests are answered and webhooks go out. */
  async #takeSteps(untilMs: number, steering: boolean): Promise<void> {
    const untilSeconds = Math.floor(untilMs / 1000);
    for (;;) {
      const taken = this.#store.transaction(() => {
        const options = { untilSeconds, limit: stepsPerTransaction, baseUrl: this.#baseUrl() };
        const reached = takeDueSteps(this.#store, this.#steps, options);
        const last = reached.at(-1);
        // A process killed in the middle of a move comes back at the instant it had reached.
        if (steering && last !== undefined && last * 1000 > this.#clock.nowMs()) this.#clock.set(last * 1000, false);
        return reached.length;
      });
      if (taken === 0) return;
      this.#afterSteps();
      await nextTask();
    }
  }

  async #tellFollowers(): Promise<string[]> {
    const urls = this.#store.rows('SELECT url FROM clock_follower ORDER BY url').map((row) => String(row.url));
    const answers = await Promise.all(urls.map(async (url) => ({ url, answered: await this.#tell(url) })));
    const dropped = answers.filter(({ answered }) => !answered).map(({ url }) => url);
    for (const url of dropped) this.#store.run('DELETE FROM clock_follower WHERE url = ?', url);
    return dropped;
  }

  async #tell(url: string): Promise<boolean> {
    try {
      const response = await fetch(`${url.replace(/\/$/, '')}/clock`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ now: new Date(this.#clock.nowMs()).toISOString(), running: this.#clock.running }),
        signal: AbortSignal.timeout(followerTimeoutMs),
      });
      await response.arrayBuffer();
      return response.ok;
    } catch {
      return false;
    }
  }

  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => undefined);
    return await turn;
  }
}
