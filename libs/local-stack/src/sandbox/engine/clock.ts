import type { Store } from './store.ts';

/**
 * Business time, which a caller steers: it stands, or goes on at real speed from where it was set. Kept in the
 * database, so that a restarted sandbox knows what time it is.
 */
export class SteeredClock {
  readonly #store: Store;
  #businessMs: number;
  #realMs: number;
  #running: boolean;

  /** `initial` counts only for a new database. */
  constructor(store: Store, initial: { nowMs: number; running: boolean }) {
    this.#store = store;
    store.run(
      'INSERT INTO clock (only, business_ms, real_ms, running) VALUES (1, ?, ?, ?) ON CONFLICT DO NOTHING',
      initial.nowMs,
      store.realMs(),
      initial.running ? 1 : 0,
    );
    const row = store.row('SELECT business_ms, real_ms, running FROM clock');
    this.#businessMs = Number(row?.business_ms);
    this.#realMs = Number(row?.real_ms);
    this.#running = row?.running === 1;
  }

  get running(): boolean {
    return this.#running;
  }

  nowMs(): number {
    return this.#running ? this.#businessMs + Math.max(0, this.#store.realMs() - this.#realMs) : this.#businessMs;
  }

  nowSeconds(): number {
    return Math.floor(this.nowMs() / 1000);
  }

  set(nowMs: number, running: boolean): void {
    this.#businessMs = nowMs;
    this.#realMs = this.#store.realMs();
    this.#running = running;
    this.#store.run('UPDATE clock SET business_ms = ?, real_ms = ?, running = ?', nowMs, this.#realMs, running ? 1 : 0);
  }
}
