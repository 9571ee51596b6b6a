import { type Month, UserIdSchema } from '@wewrite/contracts';
import type Stripe from 'stripe';
import { endOnboarding } from '../../apps/cli/src/demo/play-event.ts';
import type { Place } from './place.ts';
import type { Supporters } from './supporters.ts';

/** How a call of Stripe's API fails. */
export interface StripeFault {
  /** `*` stands for anything. */
  readonly path: string;
  readonly kind: '500' | '429' | 'timeout_after_success' | 'connection_reset';
  readonly times: number;
}

/** What banks do, and Stripe itself. */
export interface Bank {
  /** Somebody at the platform refunds a part of what was paid for a month at Stripe, or all that is left of it. */
  refunds(userId: string, month: Month, usdCents?: number): Promise<void>;
  /** A bank takes back the newest payment for a month until it has decided. */
  takesIntoDispute(userId: string, month: Month): Promise<void>;
  decidesDispute(userId: string, month: Month, verdict: 'won' | 'lost'): Promise<void>;
  /** The payment at Stripe behind the supporter's newest invoice. */
  paymentOf(userId: string): Promise<string>;
  /** The writer's bank sends the payout of a month back. */
  sendsPayoutBack(writer: string, month: Month): Promise<void>;
  /** Stripe restricts a writer's account, whatever is under way; nothing is waited for. */
  restrictsAccount(writer: string): Promise<void>;
  /** Stripe finds a writer's account, which is opened if there is none, complete. */
  clearsAccount(writer: string): Promise<void>;
  /** The next POSTs of a path fail, as often as is said. */
  fails(fault: StripeFault): Promise<void>;
  /** No call fails any more. */
  recovers(): Promise<void>;
  /** Stripe sends no webhooks of the platform's from now on, nor later those of meanwhile. */
  fallsSilent(): Promise<void>;
  speaksAgain(): Promise<void>;
}

/** The banks of a place. */
export function bankOf({ befalls, platform, world, atSandbox }: Place, { invoicesOf }: Supporters): Bank {
  const asksFor = async (events: Stripe.WebhookEndpointUpdateParams.EnabledEvent[]) => {
    const { data } = await platform.stripe.webhookEndpoints.list();
    const own = data.find(({ url }) => url.endsWith('/webhooks/stripe'));
    if (own === undefined) throw new Error('Stripe knows of no endpoint of the platform');
    await platform.stripe.webhookEndpoints.update(own.id, { enabled_events: events });
  };
  return {
    refunds: (userId, month, usdCents) => befalls('refunded', userId, { month, usdCents }),
    takesIntoDispute: (userId, month) => befalls('disputed', userId, { month }),
    decidesDispute: (userId, month, verdict) =>
      befalls(verdict === 'won' ? 'dispute_won' : 'dispute_lost', userId, { month }),
    paymentOf: async (userId) => {
      const [newest] = await invoicesOf(userId);
      const { data } = await platform.stripe.invoicePayments.list({ invoice: newest?.invoiceId ?? '' });
      return String(data[0]?.payment.payment_intent);
    },
    sendsPayoutBack: (writer, month) => befalls('payout_returned', writer, { month }),
    restrictsAccount: (writer) => endOnboarding(world, UserIdSchema.parse(writer), 'restricted'),
    clearsAccount: (writer) => befalls('account_ready', writer),
    fails: async ({ path, ...fault }) => {
      await atSandbox('/_sandbox/faults', { match: { method: 'POST', path }, ...fault });
    },
    recovers: async () => {
      await fetch(new URL('/_sandbox/faults', platform.sandboxUrl), { method: 'DELETE' });
    },
    fallsSilent: () => asksFor(['topup.succeeded']),
    speaksAgain: () => asksFor(['*']),
  };
}
