import type Stripe from 'stripe';

/** Who asks: a user with these roles, or with `null` somebody without a token. */
export type Caller = { readonly userId: string; readonly roles: readonly Role[] } | null;
export type Role = 'supporter' | 'writer' | 'admin' | 'service';

/** A request to the product. `body` is sent as JSON, or as it is when it is a string. */
export interface Call {
  readonly as: Caller;
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What came back; status 0 when nothing did. */
export interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/** What the population plays on: a world, as far as people outside of the product can reach it. */
export interface Stage {
  /** Asks the product, by the route's own service. */
  ask(call: Call): Promise<Reply>;
  /** Stripe, as its dashboard and its customers have it: without the faults that befall the product's calls. */
  readonly stripe: Stripe;
  /** Has something happen at Stripe, at a bank or with a card: a `/_sandbox/…` path. */
  orderAtStripe(path: string, body: object): Promise<unknown>;
  /** A list of everything of one kind that Stripe holds (`invoice`, `refund`, …), the newest first. */
  heldAtStripe(kind: string): Promise<unknown>;
  /** The business instant. */
  now(): Date;
  moveClock(to: Date): Promise<void>;
  /** Lets one thing happen that can happen; false when there was none. */
  step(): Promise<boolean>;
  /**
   * Lets everything happen until nothing is under way, with the faults of the seed, or until `isEnough` says so, which is
   * asked after each step by its name.
   */
  settle(isEnough?: (step: string) => Promise<boolean>): Promise<void>;
  /** No more faults, and all of them mended. */
  heal(): Promise<void>;
}
