import type Stripe from 'stripe';
import { RunFailure } from '../exit-codes.ts';

/** Where events are looked for, and where they are sent to. */
export interface Forwarding {
  readonly stripe: Stripe;
  readonly billingUrl: string;
  /** What billing verifies snapshot and thin events with. */
  readonly secrets: { readonly platform: string; readonly thin: string };
  /** Events that were created before are left alone. */
  readonly since: Date;
  /** Told of each event that billing has taken. */
  readonly say: (type: string, id: string) => void;
}

/** An event as a list has it. */
interface ListedEvent {
  readonly id: string;
  readonly type: string;
  readonly createdMs: number;
  readonly door: 'platform' | 'thin';
  readonly payload: string;
}

/** Lists of v2 lag, and those of v1 are in whole seconds: each look goes back so far behind the last. */
const overlapMs = 120_000;
const wholePage = 100;

/**
 * Stripe's events, looked for in its own lists and posted to billing as its webhooks would be, signed with billing's own
 * secrets: nothing has to be reachable from outside, and nothing else installed. Events of connected accounts are in no list
 * of the platform's; what they would tell comes as thin events, too.
 */
export class EventForwarder {
  readonly #forwarding: Forwarding;
  /** Ids that billing has taken, with their instants, as far back as a look goes. */
  readonly #taken = new Map<string, number>();
  #fromMs: number;

  constructor(forwarding: Forwarding) {
    this.#forwarding = forwarding;
    this.#fromMs = forwarding.since.getTime();
  }

  /**
   * Looks once, and posts what is new in order of creation; gives how many billing has taken. What billing does not take is
   * found again by the next look.
   */
  async look(): Promise<number> {
    const found = [...(await this.#snapshots()), ...(await this.#thins())];
    const fresh = found.filter(({ id }) => !this.#taken.has(id)).sort((one, other) => one.createdMs - other.createdMs);
    let posted = 0;
    for (const event of fresh) {
      await this.#post(event);
      this.#taken.set(event.id, event.createdMs);
      posted += 1;
    }
    const newestMs = Math.max(this.#fromMs, ...found.map(({ createdMs }) => createdMs - overlapMs));
    this.#fromMs = Math.max(this.#forwarding.since.getTime(), newestMs);
    for (const [id, createdMs] of this.#taken) if (createdMs < this.#fromMs) this.#taken.delete(id);
    return posted;
  }

  async #snapshots(): Promise<ListedEvent[]> {
    const { stripe } = this.#forwarding;
    const found: ListedEvent[] = [];
    const created = { gte: Math.floor(this.#fromMs / 1000) };
    // Newest first: Stripe's own order of those of one second is kept, oldest first.
    for await (const event of stripe.events.list({ created, limit: wholePage })) {
      const { id, type } = event;
      found.unshift({ id, type, createdMs: event.created * 1000, door: 'platform', payload: JSON.stringify(event) });
    }
    return found;
  }

  /** They are listed newest first; bounds would have to be of another type than the SDK's. */
  async #thins(): Promise<ListedEvent[]> {
    const { stripe } = this.#forwarding;
    const found: ListedEvent[] = [];
    for await (const event of stripe.v2.core.events.list({ limit: wholePage })) {
      const createdMs = Date.parse(event.created);
      if (createdMs < this.#fromMs) break;
      const { id, type } = event;
      found.unshift({ id, type, createdMs, door: 'thin', payload: JSON.stringify(event) });
    }
    return found;
  }

  async #post({ id, type, door, payload }: ListedEvent): Promise<void> {
    const { stripe, billingUrl, secrets, say } = this.#forwarding;
    const url = new URL(door === 'thin' ? '/webhooks/stripe/v2' : '/webhooks/stripe', billingUrl);
    const signature = stripe.webhooks.generateTestHeaderString({ payload, secret: secrets[door] });
    const headers = { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': signature };
    const answer = await fetch(url, { method: 'POST', headers, body: payload }).catch((error: unknown) => {
      throw new RunFailure(`Billing does not answer at ${billingUrl}.`, { cause: error });
    });
    if (!answer.ok) {
      throw new RunFailure(
        `Billing answered ${answer.status} to ${type} ${id}: ${(await answer.text()).slice(0, 300)}`,
      );
    }
    await answer.arrayBuffer();
    say(type, id);
  }
}
