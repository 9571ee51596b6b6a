import type { Cents, Month, UserId } from '@wewrite/contracts';

type Who = 'supporter' | 'writer';
type Amount = 'required' | 'optional' | 'none';

/**
 * What can befall somebody between two closes: who they are, whether an amount belongs to it, and whether it concerns the
 * payment of a month.
 */
export const eventKinds = {
  subscription_changed: { who: 'supporter', amount: 'required', ofMonth: false },
  subscription_cancelled: { who: 'supporter', amount: 'none', ofMonth: false },
  subscription_resumed: { who: 'supporter', amount: 'none', ofMonth: false },
  subscribed_again: { who: 'supporter', amount: 'required', ofMonth: false },
  card_broken: { who: 'supporter', amount: 'none', ofMonth: false },
  card_mended: { who: 'supporter', amount: 'none', ofMonth: false },
  refunded: { who: 'supporter', amount: 'optional', ofMonth: true },
  disputed: { who: 'supporter', amount: 'none', ofMonth: true },
  dispute_won: { who: 'supporter', amount: 'none', ofMonth: true },
  dispute_lost: { who: 'supporter', amount: 'none', ofMonth: true },
  account_restricted: { who: 'writer', amount: 'none', ofMonth: false },
  account_ready: { who: 'writer', amount: 'none', ofMonth: false },
  payout_returned: { who: 'writer', amount: 'none', ofMonth: true },
  writer_blocked: { who: 'writer', amount: 'none', ofMonth: false },
  writer_opened: { who: 'writer', amount: 'none', ofMonth: false },
  earnings_held: { who: 'writer', amount: 'none', ofMonth: true },
  earnings_released: { who: 'writer', amount: 'none', ofMonth: true },
} as const satisfies Record<string, { who: Who; amount: Amount; ofMonth: boolean }>;

export type EventKind = keyof typeof eventKinds;

/** A row of `events.csv`. */
export interface CommunityEvent {
  readonly line: number;
  readonly at: Date;
  readonly kind: EventKind;
  readonly userId: UserId;
  /** Null where none belongs to the kind, and for a refund of all that is left. */
  readonly usdCents: Cents | null;
  /** The month whose payment or earnings it concerns; null where none belongs to the kind. */
  readonly month: Month | null;
}

/** The events after which a supporter's budget is no longer what `supporters.csv` alone says. */
export function changesBudget(kind: EventKind): boolean {
  return eventKinds[kind].who === 'supporter';
}
