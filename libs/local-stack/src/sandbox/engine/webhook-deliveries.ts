import { createHmac } from 'node:crypto';
import { snapshotEvents, thinEvents } from './events.ts';
import type { Row, Store } from './store.ts';

/** Sends one webhook; true when it was answered with 2xx. A rejection counts as no answer. */
export type PostWebhook = (webhook: {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Ends the attempt, when the sandbox stops or the receiver has had long enough. */
  readonly signal: AbortSignal;
}) => Promise<boolean>;

/** A delivery that is not done, and from when on it may be tried, in real milliseconds. */
export interface WaitingDelivery {
  readonly id: number;
  readonly notBeforeMs: number;
}

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
  readonly #post: PostWebhook;
  readonly #byHand: boolean;
  readonly #inFlight = new Map<number, Promise<unknown>>();
  #timer: NodeJS.Timeout | undefined;
  readonly #ending = new AbortController();

  /** With a `post` of the caller's, nothing is sent but by {@link WebhookDeliveries.deliver}. */
  constructor(store: Store, onActivity: () => void, post?: PostWebhook) {
    this.#store = store;
    this.#onActivity = onActivity;
    this.#post = post ?? postOverHttp;
    this.#byHand = post !== undefined;
  }

  /** Deliveries that are waiting, under way or being retried. */
  pending(): number {
    return Number(this.#store.row('SELECT count(*) AS count FROM delivery WHERE given_up = 0')?.count ?? 0);
  }

  /** Starts what can be started now, and sets an alarm for what is to be retried later. */
  wake(): void {
    if (this.#byHand || this.#ending.signal.aborted) return;
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

  /** All that is not done, in the order of what happened. */
  waiting(): readonly WaitingDelivery[] {
    const rows = this.#store.rows('SELECT id, next_attempt_ms FROM delivery WHERE given_up = 0 ORDER BY id');
    return rows.map((row) => ({ id: Number(row.id), notBeforeMs: Number(row.next_attempt_ms) }));
  }

  /**
   * Tries one delivery now; with `again`, it is not done with it, as when Stripe delivers twice. Gives the type of its event,
   * and whether it was taken.
   */
  async deliver(id: number, { again }: { again: boolean }): Promise<{ type: string; isTaken: boolean }> {
    const [delivery] = deliveriesOf(this.#store.rows('SELECT * FROM delivery WHERE id = ?', id));
    if (delivery === undefined) throw new Error(`there is no delivery ${id}`);
    const { eventId } = delivery;
    const event = this.#store.find(snapshotEvents, eventId) ?? this.#store.find(thinEvents, eventId);
    return { type: event?.type ?? 'unknown', isTaken: await this.#attempt(delivery, again) };
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
      this.#store.realMs(),
      parallel,
    );
    return deliveriesOf(rows)
      .filter((delivery) => !this.#inFlight.has(delivery.id))
      .slice(0, parallel - this.#inFlight.size);
  }

  #setAlarm(): void {
    clearTimeout(this.#timer);
    const now = this.#store.realMs();
    const at = this.#store.row(
      'SELECT min(next_attempt_ms) AS at FROM delivery WHERE given_up = 0 AND next_attempt_ms > ?',
      now,
    )?.at;
    if (typeof at === 'number') this.#timer = setTimeout(() => this.wake(), at - now + 1);
  }

  async #attempt(delivery: Delivery, again = false): Promise<boolean> {
    this.#onActivity();
    const target = this.#store.row('SELECT url, secret, audience FROM webhook_target WHERE id = ?', delivery.targetId);
    const body = this.#bodyOf(delivery.eventId, target?.audience === 'thin');
    // A target that was removed meanwhile wants nothing any more.
    const done =
      target === undefined || body === undefined || (await this.#send(String(target.url), body, String(target.secret)));
    await this.#store.commitTogether(() => {
      if (done && !again) this.#store.run('DELETE FROM delivery WHERE id = ?', delivery.id);
      else this.#retryLater(delivery);
    });
    return done;
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
      return await this.#post({
        url,
        body,
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
          'stripe-signature': signature(body, secret, this.#store.realMs()),
        },
        signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), this.#ending.signal]),
      });
    } catch {
      return false;
    }
  }

  #retryLater({ id, attempts, queuedMs }: Delivery): void {
    const now = this.#store.realMs();
    const waitMs = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(attempts, 20));
    this.#store.run(
      'UPDATE delivery SET attempts = attempts + 1, next_attempt_ms = ?, given_up = ? WHERE id = ?',
      now + waitMs,
      now - queuedMs > patienceMs ? 1 : 0,
      id,
    );
  }
}

const postOverHttp: PostWebhook = async ({ url, body, headers, signal }) => {
  const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
  await response.arrayBuffer();
  return response.ok;
};

function deliveriesOf(rows: readonly Row[]): Delivery[] {
  return rows.map((row) => ({
    id: Number(row.id),
    eventId: String(row.event_id),
    targetId: String(row.target_id),
    attempts: Number(row.attempts),
    queuedMs: Number(row.queued_ms),
  }));
}

function signature(body: string, secret: string, nowMs: number): string {
  const timestamp = Math.floor(nowMs / 1000);
  const hash = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  return `t=${timestamp},v1=${hash}`;
}
