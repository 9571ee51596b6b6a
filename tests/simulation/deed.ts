import type { Month, ProblemCode, ResourceKey, RunKind, WriterState } from '@wewrite/contracts';

/** What a request was answered in the end, however often it had to be sent. */
export type Answer = { readonly outcome: 'accepted' } | { readonly outcome: 'refused'; readonly code: ProblemCode };

/** A wish of a supporter's: the resource gets so many cents a month; 0 removes it. */
export interface Wish {
  readonly resource: ResourceKey;
  readonly usdCents: number;
}

/** What is planned for a resource (A9): an amount from a month on, or more of it through a span of months. */
export type PlannedWish = Wish & { readonly fromMonth: Month } & (
    | { readonly kind: 'set' }
    | { readonly kind: 'add'; readonly throughMonth: Month }
  );

/** A part of an invoice as Stripe billed it: for the time from an instant to another. Credits are negative. */
export interface InvoicePart {
  readonly cents: number;
  readonly from: string;
  readonly to: string;
}

/** What a card does: it pays, is declined at once or later, asks for its holder, or pays and has the payment disputed. */
export type Card =
  | 'pays'
  | 'pays_at_once'
  | 'is_declined'
  | 'fails'
  | 'authenticates'
  | 'disputes'
  | 'inquires'
  | 'refuses_refunds';

/** What WeWrite's site says. */
type SiteDeed =
  | { readonly kind: 'resource_registered'; readonly resource: ResourceKey; readonly ownerUserId: string }
  | { readonly kind: 'writer_state_set'; readonly writerId: string; readonly state: WriterState };

/** What a supporter asks of the subscription, and of Stripe about the card. */
type SubscriptionDeed =
  | {
      readonly kind: 'subscribed';
      readonly userId: string;
      readonly monthlyCents: number;
      readonly card: Card;
      /** With the card at hand, or on Stripe's own page, where this is the instant at which it was completed. */
      readonly by: 'card' | 'checkout';
    }
  | {
      readonly kind: 'subscription_changed';
      readonly userId: string;
      readonly monthlyCents: number;
      readonly from: 'now' | 'next_month';
    }
  | { readonly kind: 'subscription_cancelled'; readonly userId: string }
  | { readonly kind: 'subscription_resumed'; readonly userId: string }
  | { readonly kind: 'card_changed'; readonly userId: string; readonly card: Card }
  /** Stripe has ended it: as it was cancelled, after the last try to collect a renewal, or because support removed it. */
  | { readonly kind: 'subscription_ended'; readonly userId: string }
  /** Stripe asks for a renewal no more: its last try was in vain. */
  | { readonly kind: 'renewal_given_up'; readonly userId: string; readonly invoiceId: string }
  /** The card's holder authenticates what waits for it, or cannot. */
  | {
      readonly kind: 'payment_authenticated' | 'authentication_failed';
      readonly userId: string;
      readonly invoiceId: string;
    };

/** What a supporter asks of the plan. Each wish of a batch has an answer of its own; the batch's is whether it was taken. */
type PlanDeed =
  | {
      readonly kind: 'allocation_set';
      readonly userId: string;
      readonly wish: Wish;
      /** Whom the supporter means to support, and the version that they have seen, where they say so. */
      readonly recipientUserId?: string;
      readonly expectedVersion?: number;
    }
  | { readonly kind: 'allocation_removed'; readonly userId: string; readonly resource: ResourceKey }
  | {
      readonly kind: 'allocations_set_together';
      readonly userId: string;
      readonly wishes: readonly (Wish & { readonly answer: Answer })[];
    }
  | {
      /** Takes back the change by which the plan came to `version`; `wish` is what stood before it. */
      readonly kind: 'change_undone';
      readonly userId: string;
      readonly version: number;
      readonly wish: Wish;
    }
  | {
      readonly kind: 'schedule_made';
      readonly userId: string;
      /** As the API named it; null when it was refused. */
      readonly scheduleId: string | null;
      readonly planned: PlannedWish;
    }
  | {
      readonly kind: 'schedule_changed';
      readonly userId: string;
      readonly scheduleId: string;
      readonly planned: PlannedWish;
    }
  | { readonly kind: 'schedule_removed'; readonly userId: string; readonly scheduleId: string }
  | { readonly kind: 'preferences_kept'; readonly userId: string; readonly incrementCents: number };

/**
 * What happened to supporters' money at Stripe, as Stripe dates it. A payment is a PaymentIntent of one supporter's, named
 * by its id; `refund_failed` takes back an earlier refund of the same `refundId`. Refunds that the product orders are no
 * deeds: they follow from them.
 */
type PaymentDeed =
  | {
      readonly kind: 'paid';
      readonly userId: string;
      readonly paymentId: string;
      readonly invoiceId: string;
      readonly parts: readonly InvoicePart[];
    }
  | {
      readonly kind: 'refunded';
      readonly userId: string;
      readonly paymentId: string;
      readonly refundId: string;
      readonly cents: number;
    }
  | { readonly kind: 'refund_failed'; readonly userId: string; readonly refundId: string }
  | {
      readonly kind: 'dispute_opened';
      readonly userId: string;
      readonly paymentId: string;
      readonly disputeId: string;
      readonly cents: number;
      /** The bank only asks: no money moves, unless it is lost and becomes a dispute. */
      readonly isInquiry: boolean;
    }
  /** `cents`: what the bank gives back, which may be a part of what it took. */
  | { readonly kind: 'dispute_won'; readonly userId: string; readonly disputeId: string; readonly cents: number }
  | { readonly kind: 'dispute_lost'; readonly userId: string; readonly disputeId: string }
  | { readonly kind: 'topped_up'; readonly cents: number };

/** What becomes of writers' accounts and payouts at Stripe and at their banks. */
type WriterDeed =
  | { readonly kind: 'payout_account_became'; readonly writerId: string; readonly state: 'ready' | 'restricted' }
  | { readonly kind: 'payout_came_back'; readonly writerId: string; readonly month: Month }
  /**
   * Stripe does not make a payout that was reserved: the bank does not take it, it was canceled in time, or the account was
   * restricted before anything was sent.
   */
  | {
      readonly kind: 'payout_failed';
      readonly writerId: string;
      readonly month: Month;
      readonly because: 'declined' | 'canceled' | 'account_restricted';
    }
  /** What was under way to storage for the month's close came back. */
  | { readonly kind: 'escrow_move_failed'; readonly month: Month };

/** What administrators do, and what they are asked. A hold is of a line, or with `line` null of a writer's whole month. */
type DeskDeed =
  | {
      readonly kind: 'question_asked';
      readonly userId: string;
      readonly lineId: string;
      /** Null when it was refused, as with every id that an answer brings. */
      readonly questionId: string | null;
    }
  | { readonly kind: 'question_answered'; readonly questionId: string }
  | {
      readonly kind: 'hold_placed';
      readonly holdId: string | null;
      readonly writerId: string;
      readonly month: Month;
      readonly lineId: string | null;
    }
  | { readonly kind: 'hold_released' | 'hold_reversed'; readonly holdId: string }
  | {
      readonly kind: 'payout_retried' | 'payout_held' | 'payout_released';
      readonly writerId: string;
      readonly month: Month;
    }
  | {
      readonly kind: 'payout_cancelled';
      readonly writerId: string;
      readonly month: Month;
      /** Over at once, or Stripe's to decide; null when it was refused. */
      readonly next: 'canceled' | 'canceling' | null;
    }
  /** A refund that the product ordered, and that came to nothing, is ordered again. */
  | {
      readonly kind: 'refund_retried';
      readonly userId: string;
      readonly paymentId: string;
      readonly reason: 'paid_late' | 'operator';
      readonly cents: number;
    }
  | { readonly kind: 'written_off'; readonly writerId: string; readonly cents: number | null }
  | { readonly kind: 'close_asked'; readonly month: Month; readonly runKind: RunKind }
  | { readonly kind: 'sweep_asked'; readonly month: Month }
  /** Everything of the month's close is over, and everybody knows: what comes later in the log came after it. */
  | { readonly kind: 'month_settled'; readonly month: Month };

/** What Stripe sends again, of a type: known events once more, or long after they were so. */
type WebhookDeed = { readonly kind: 'webhook_repeated'; readonly eventType: string; readonly times: number };

/** What was done, without when and with what answer. */
export type Act = SiteDeed | SubscriptionDeed | PlanDeed | PaymentDeed | WriterDeed | DeskDeed | WebhookDeed;

/**
 * Something that the population did, or that befell it at Stripe: all that the oracle knows of a run. `at` is the business
 * instant (ISO, milliseconds); deeds are in the order in which they were done. `knownEverywhere`: nothing was under way when
 * it was done, so that the answer follows from the deeds before. `isRepeated`: nobody had answered at first, so that it may
 * have had its effect before it was answered. Facts of Stripe's and of banks' are always accepted.
 */
export type Deed = Act & {
  readonly at: string;
  readonly answer: Answer;
  readonly knownEverywhere: boolean;
  readonly isRepeated: boolean;
};

/** All deeds of a run, and by which adapter its writers are paid. */
export interface Chronicle {
  readonly escrow: 'storage' | 'connect';
  readonly deeds: readonly Deed[];
}
