/** A move of a close's money into storage, as far as it has come. */
export interface EscrowOrder {
  readonly runId: string;
  readonly month: string;
  readonly amountCents: number;
  /** Counts the idempotency keys. */
  readonly attempt: number;
  /** Null before Stripe has answered. */
  readonly stripeId: string | null;
  readonly requestedAt: Date;
  /** Whether the key no longer tells if the move was made. */
  readonly mustLookUp: boolean;
}

/** What a step of a move came to. */
export type EscrowOutcome =
  | { readonly kind: 'in_transit'; readonly stripeId: string }
  | { readonly kind: 'arrived'; readonly stripeId: string | null }
  /** The money is back in the payments balance. */
  | { readonly kind: 'came_back'; readonly stripeId: string; readonly reason: string }
  /** Nothing certain: again, under the same key. */
  | { readonly kind: 'same_key'; readonly reason: string }
  | { readonly kind: 'look_up'; readonly reason: string }
  /** Nothing was made. */
  | { readonly kind: 'refused'; readonly reason: string };

/** Where writers' money waits: a port with two adapters, chosen by `ESCROW`. No function is called in a transaction. */
export interface EscrowAdapter {
  readonly name: 'storage' | 'connect';
  /** Whether money can go back from storage to payments. */
  readonly canRelease: boolean;
  /** Throws when what must hold at Stripe does not. */
  check(): Promise<void>;
  /** Takes a move on: makes it once, looks it up, or reads where it is. */
  advance(order: EscrowOrder): Promise<EscrowOutcome>;
}
