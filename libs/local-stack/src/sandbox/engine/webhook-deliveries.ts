import { createHmac } from 'node:crypto';
import { snapshotEvents, thinEvents } from './events.ts';
import type { Store } from './store.ts';

const parallel = 24;
const timeoutMs = 10_000;
const firstRetryMs = 250;
/** Far shorter than Stripe's hours: whoever waits here sits in front of it. */
const longestRetryMs = 5_000;
/** Stripe repeats a webhook for three days. */
const patienceMs = 3 * 24 * 3_600_000;

interface Delivery {
  readonly id: number;
  readonly eventId: string;
  readonly targetId: string;
  readonly attempts: number;
  readonly queuedMs: number;
}

/**
 * Sends queued events, several at a time, until each is answered with 2xx. The queue is the database's: after a crash
 * it goes on, and a delivery whose answer was lost is repeated, as Stripe's are. Retry times and the signature's time
 * are real time.
 */
export class WebhookDeliveries {
  readonly #store: Store;
  readonly #onActivity: () => void;
  readonly #inFlight = new Map<number, Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  readonly #ending = new AbortController();

  constructor(store: Store, onActivity: () => void) {
    this.#store = store;
    this.#onActivity = onActivity;
  }

  /** Deliveries that are waiting, under way or being retried. */
  pending(): number {
    return Number(this.#store.row('SELECT count(*) AS count FROM delivery WHERE given_up = 0')?.count ?? 0);
  }

  /** Starts what can be started now, and sets an alarm for what is to be retried later. */
  wake(): void {
    if (this.#ending.signal.aborted) return;
    for (const delivery of this.#next()) {
      this.#inFlight.set(
        delivery.id,
        this.#attempt(delivery).finally(() => {
          this.#inFlight.delete(delivery.id);
          this.wake();
        }),
      );
    }
    this.#setAlarm();
  }

  /** What is under way is given up, and sent again after the next start. */
  async stop(): Promise<void> {
    this.#ending.abort();
    clearTimeout(this.#timer);
    await Promise.all(this.#inFlight.values());
  }

  #next(): Delivery[] {
    if (this.#inFlight.size >= parallel) return [];
    const rows = this.#store.rows(
      `SELECT id, event_id, target_id, attempts, queued_ms FROM delivery
       WHERE given_up = 0 AND next_attempt_ms <= ? ORDER BY next_attempt_ms, id LIMIT ?`,
      Date.now(),
      parallel,
    );
    return rows
      .map((row) => ({
        id: Number(row.id),
        eventId: String(row.event_id),
        targetId: String(row.target_id),
        attempts: Number(row.attempts),
        queuedMs: Number(row.queued_ms),
      }))
      .filter((delivery) => !this.#inFlight.has(delivery.id))
      .slice(0, parallel - this.#inFlight.size);
  }

  #setAlarm(): void {
    clearTimeout(this.#timer);
    const now = Date.now();
    const at = this.#store.row(
      'SELECT min(next_attempt_ms) AS at FROM delivery WHERE given_up = 0 AND next_attempt_ms > ?',
      now,
    )?.at;
    if (typeof at === 'number') this.#timer = setTimeout(() => this.wake(), at - now + 1);
  }

  async #attempt(delivery: Delivery): Promise<void> {
    this.#onActivity();
    const target = this.#store.row('SELECT url, secret, audience FROM webhook_target WHERE id = ?', delivery.targetId);
    const body = this.#bodyOf(delivery.eventId, target?.audience === 'thin');
    // A target that was removed meanwhile wants nothing any more.
    const done =
      target === undefined || body === undefined || (await this.#send(String(target.url), body, String(target.secret)));
    await this.#store.commitTogether(() => {
      if (done) this.#store.run('DELETE FROM delivery WHERE id = ?', delivery.id);
      else this.#retryLater(delivery);
    });
  }

  #bodyOf(eventId: string, thin: boolean): string | undefined {
    if (!thin) {
      const event = this.#store.find(snapshotEvents, eventId);
      return event && JSON.stringify(event);
    }
    const event = this.#store.find(thinEvents, eventId);
    if (event === undefined) return undefined;
    const { data: _fetchedByTheReceiver, ...notification } = event;
    return JSON.stringify(notification);
  }

  async #send(url: string, body: string, secret: string): Promise<boolean> {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
          'stripe-signature': signature(body, secret),
        },
        body,
        redirect: 'manual',
        signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), this.#ending.signal]),
      });
      await response.arrayBuffer();
      return response.ok;
    } catch {
      return false;
    }
  }

  #retryLater({ id, attempts, queuedMs }: Delivery): void {
    const now = Date.now();
    const waitMs = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(attempts, 20));
    this.#store.run(
      'UPDATE delivery SET attempts = attempts + 1, next_attempt_ms = ?, given_up = ? WHERE id = ?',
      now + waitMs,
      now - queuedMs > patienceMs ? 1 : 0,
      id,
    );
  }
}

function signature(body: string, secret: string): string {
  const timestamp = Math.floor(Date.now() / 1000);
  const hash = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  return `t=${timestamp},v1=${hash}`;
}
