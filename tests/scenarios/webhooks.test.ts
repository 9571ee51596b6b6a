import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { cutoffOf, month, nextMonth, type ServiceName } from '@wewrite/contracts';
import { sql } from 'kysely';
import type Stripe from 'stripe';
import { retiringSecret } from '../platform.ts';
import { booksHold } from './books.ts';
import { centsAreExplained } from './chains.ts';
import { deadlineMs, openTown, type Town } from './town.ts';
import { nothingOwed } from './writers.ts';

jest.setTimeout(deadlineMs);

const dayMs = 24 * 60 * 60 * 1000;

let town: Town;
beforeAll(async () => {
  town = await openTown({ firstMonth: month('2026-01') });
});
afterEach(() => booksHold(town));
afterAll(() => town.stop());

/** All that Stripe has to tell since an instant, newest first. */
async function eventsSince(instant: Date): Promise<Stripe.Event[]> {
  const created = { gte: Math.floor(instant.getTime() / 1_000) };
  const events: Stripe.Event[] = [];
  for await (const event of town.platform.stripe.events.list({ created, limit: 100 })) events.push(event);
  return events;
}

/** Delivers an event as Stripe would; gives the status of the answer. */
async function deliver(event: object, secret = town.platform.secrets.platform): Promise<number> {
  const payload = JSON.stringify(event);
  const answer = await fetch(new URL('/webhooks/stripe', town.platform.gatewayUrl), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'stripe-signature': town.platform.stripe.webhooks.generateTestHeaderString({ payload, secret }),
    },
    body: payload,
  });
  await answer.text();
  return answer.status;
}

/** The names of all transfers in a service's ledger, in the order in which they were posted. */
async function postedIn(service: ServiceName): Promise<string[]> {
  const { rows } = await sql<{ key: string }>`select idempotency_key as key from ledger_transfer order by id`.execute(
    town.platform.harness.database(service).kysely,
  );
  return rows.map(({ key }) => key);
}

describe('what Stripe says again', () => {
  test('E1, E2: ten times, newest first, under the old ids and under new ones, changes nothing', async () => {
    const beginning = town.now();
    const first = await town.beginsStory();
    await town.writes(['wim', 'will']);
    await town.subscribes('ada', 4_000);
    await town.allocates('ada', { wim: 1_200, will: 300 });
    await town.changesAmount('ada', 6_000);
    await town.gives('bea', 1_000, { wim: 700 });
    await town.refunds('ada', first, 400);
    await town.closes(first);
    await town.refunds('ada', first, 300);
    await town.takesIntoDispute('bea', first);
    await town.decidesDispute('bea', first, 'lost');
    await town.cancels('ada');
    const posted = [await postedIn('billing'), await postedIn('payouts')];
    const states = [await town.subscriptionOf('ada'), await town.planOf('ada'), await town.balanceOf('wim')];

    const events = await eventsSince(beginning);
    expect(new Set(events.map(({ type }) => type)).size).toBeGreaterThan(10);
    for (const event of events) {
      const copies = Array.from({ length: 5 }, (_, copy) => deliver({ ...event, id: `${event.id}_${copy}` }));
      const again = Array.from({ length: 5 }, () => deliver(event));
      expect(new Set(await Promise.all([...copies, ...again]))).toEqual(new Set([200]));
    }
    await town.settled();
    expect([await postedIn('billing'), await postedIn('payouts')]).toEqual(posted);
    expect([await town.subscriptionOf('ada'), await town.planOf('ada'), await town.balanceOf('wim')]).toEqual(states);
  });

  test('E2: a late event does not revive a cancelled subscription', async () => {
    const beginning = town.now();
    const first = await town.beginsStory();
    await town.writes(['wes']);
    await town.gives('cal', 1_000, { wes: 1_000 });
    await town.closes(first);
    expect(await town.subscriptionOf('cal')).toMatchObject({ state: 'ended', endedAt: cutoffOf(first).toISOString() });
    const alive = (await eventsSince(beginning)).filter(
      ({ type }) => type === 'customer.subscription.created' || type === 'customer.subscription.updated',
    );
    expect(alive.length).toBeGreaterThan(1);
    for (const event of alive) expect(await deliver({ ...event, id: `late_${event.id}` })).toBe(200);
    await town.settled();
    expect(await town.subscriptionOf('cal')).toMatchObject({ state: 'ended' });
    expect(await town.planOf('cal')).toMatchObject({ funding: 'none', totalCents: 0, overspentCents: 1_000 });
    const closed = await town.closes(nextMonth(first));
    expect(closed.supporter('cal')).toMatchObject({ budgetCents: 0, fundedCents: 0 });
    expect(await town.balanceOf('wes')).toEqual({ ...nothingOwed, payable: 930 });
  });
});

describe('what Stripe says late', () => {
  test('E1, E2: a day later and in reverse, it comes to what it would have come to at once', async () => {
    const now = await town.beginsStory();
    await town.writes(['wren']);
    await town.gives('dee', 2_000, { wren: 1_500 });
    await town.refunds('dee', now, 200);

    const since = new Date(town.now().getTime() + 1_000);
    await town.at(since);
    await town.fallsSilent();
    await town.subscribes('dot', 4_000);
    await town.platform.stripe.refunds.create({ payment_intent: await paymentAtStripe('dot'), amount: 200 });
    await town.at(new Date(since.getTime() + dayMs));
    expect(await town.planOf('dot')).toMatchObject({ totalCents: 0 });
    for (const event of await eventsSince(since)) expect(await deliver(event)).toBe(200);
    await town.speaksAgain();
    await town.settled();
    await town.allocates('dot', { wren: 1_500 });
    await town.cancels('dot');
    const closed = await town.closes(now);
    expect(closed.supporter('dee')).toMatchObject({ budgetCents: 1_800, fundedCents: 1_500, unallocatedCents: 300 });
    // She came a second after half of the month, which costs her nothing: 2,000 but for less than a tenth of a cent.
    expect(closed.supporter('dot')).toEqual(closed.supporter('dee'));
  });

  /** Billing knows of no invoice yet. */
  async function paymentAtStripe(supporter: string): Promise<string> {
    const { customerId } = await town.subscriptionOf(supporter);
    const [invoice] = (await town.platform.stripe.invoices.list({ customer: customerId ?? '' })).data;
    const { data } = await town.platform.stripe.invoicePayments.list({ invoice: invoice?.id ?? '' });
    return String(data[0]?.payment.payment_intent);
  }
});

describe('who says it', () => {
  const storedWith = async (id: string) => {
    const { rows } = await sql<{ state: string }>`select state from stripe_event where id = ${id}`.execute(
      town.platform.harness.database('billing').kysely,
    );
    return rows.map(({ state }) => state);
  };
  const event = (id: string, invoice: string) => ({
    id,
    object: 'event',
    type: 'invoice.paid',
    created: Math.floor(town.now().getTime() / 1_000),
    data: { object: { id: invoice, object: 'invoice' } },
  });

  test('E1: somebody who does not know the secret is refused, and nothing is kept of it', async () => {
    expect(await deliver(event('evt_forged', 'in_forged'), 'whsec_guessed')).toBe(400);
    expect(await deliver(event('evt_crossed', 'in_crossed'), town.platform.secrets.connect)).toBe(400);
    expect([...(await storedWith('evt_forged')), ...(await storedWith('evt_crossed'))]).toEqual([]);
  });

  test('E1: while the secret is rotated Stripe is believed with either', async () => {
    const now = await town.beginsStory();
    await town.paysOnce('eve', 1_000);
    const [invoice] = await town.invoicesOf('eve');
    const before = await postedIn('billing');
    for (const [id, secret] of [
      ['evt_old', retiringSecret],
      ['evt_new', town.platform.secrets.platform],
    ] as const) {
      expect(await deliver(event(id, invoice?.invoiceId ?? ''), secret)).toBe(200);
    }
    await town.settled();
    expect([...(await storedWith('evt_old')), ...(await storedWith('evt_new'))]).toEqual(['processed', 'processed']);
    expect(await postedIn('billing')).toEqual(before);
    expect(await town.planOf('eve')).toMatchObject({ month: now, totalCents: 1_000 });
  });
});

test('every cent of these stories is explained, step by step', () => centsAreExplained(town));
