// E6: the subscriptions that are live at Stripe and those that are live here. One that differs is read again; one that we
// did not make is reported.
import { type Selectable, sql } from 'kysely';
import type Stripe from 'stripe';
import type { BillingContext } from '../context.ts';
import type { SubscriptionRow } from '../db.ts';
import { amountsOf, amountsWith, ownIdKey, readingOf } from './subscription.ts';
import { syncSubscription } from './sync-subscription.ts';

/** How many are live at Stripe; the Stripe ids of those that differed, and of those that are not ours. */
export interface Comparison {
  readonly subscriptions: number;
  readonly repaired: readonly string[];
  readonly unknown: readonly string[];
}

const wholePage = 100;
const parallelReadings = 16;

export async function compareSubscriptions(context: BillingContext): Promise<Comparison> {
  const live = new Set<string>();
  const repaired: string[] = [];
  const unknown: string[] = [];
  for (let cursor: string | undefined, more = true; more; ) {
    const page = await pageAfter(context, cursor);
    // Stripe lists what never began, too.
    const listed = page.data.filter(({ status }) => status !== 'incomplete_expired');
    const rows = await rowsOf(context, listed);
    const differing: string[] = [];
    for (const subscription of listed) {
      live.add(subscription.id);
      const row = rows.get(subscription.id);
      if (row === undefined) unknown.push(subscription.id);
      else if (differs(context, row, subscription)) differing.push(subscription.id);
    }
    await context.inParallel(differing, parallelReadings, (id) => syncSubscription(context, id));
    repaired.push(...differing);
    cursor = page.data.at(-1)?.id;
    more = page.has_more;
  }
  const gone = (await liveHere(context)).filter((id) => !live.has(id));
  await context.inParallel(gone, parallelReadings, (id) => syncSubscription(context, id));
  return { subscriptions: live.size, repaired: [...repaired, ...gone], unknown };
}

function pageAfter(context: BillingContext, cursor: string | undefined) {
  return context.stripe.call('subscriptions.list', 'live', (sdk) =>
    sdk.subscriptions.list({
      limit: wholePage,
      expand: ['data.latest_invoice'],
      ...(cursor === undefined ? {} : { starting_after: cursor }),
    }),
  );
}

/** Our rows by Stripe's ids: also where the answer to a creation never reached us. */
async function rowsOf(
  context: BillingContext,
  subscriptions: readonly Stripe.Subscription[],
): Promise<ReadonlyMap<string, Selectable<SubscriptionRow>>> {
  const stripeIds = subscriptions.map(({ id }) => id);
  const ownIds = subscriptions.flatMap(({ metadata }) => metadata[ownIdKey] ?? []);
  const rows = await context.database.kysely
    .selectFrom('subscription')
    .selectAll()
    .where(sql<boolean>`stripe_id = any (${stripeIds}::text[]) or id::text = any (${ownIds}::text[])`)
    .execute();
  const found = new Map<string, Selectable<SubscriptionRow>>();
  for (const { id, metadata } of subscriptions) {
    const row = rows.find(
      (each) => each.stripe_id === id || (each.stripe_id === null && each.id === metadata[ownIdKey]),
    );
    if (row !== undefined) found.set(id, row);
  }
  return found;
}

function differs(
  context: BillingContext,
  row: Selectable<SubscriptionRow>,
  subscription: Stripe.Subscription,
): boolean {
  const reading = readingOf(subscription);
  const known = amountsOf(row);
  return (
    (reading.state !== 'creating' && row.state !== reading.state) ||
    row.cancel_at?.getTime() !== reading.cancelAt?.getTime() ||
    row.raise_invoice_id !== (reading.waitingRaise?.invoiceId ?? null) ||
    amountsWith(known, reading, context.clock.now()) !== known
  );
}

async function liveHere(context: BillingContext): Promise<string[]> {
  const rows = await context.database.kysely
    .selectFrom('subscription')
    .select('stripe_id')
    .where('state', 'in', ['active', 'past_due'])
    .execute();
  return rows.flatMap((row) => row.stripe_id ?? []);
}
