import { test } from '@jest/globals';
import type { BillingSchema } from '../src/db.ts';
import { startBilling } from './running-billing.ts';

test('speed', async () => {
  const count = Number(process.env.N ?? 600);
  const billing = await startBilling('2026-11-16T00:00:00.000Z');
  const started = Date.now();
  const queue = Array.from({ length: count }, (_, i) => `user-${i}`).values();
  await Promise.all(
    Array.from({ length: 12 }, async () => {
      for (const user of queue) {
        const a = await billing.call(user, 'POST', '/v1/subscription', {
          monthlyCents: 1000,
          paymentMethodId: 'pm_card_visa',
        });
        if (a.status !== 201) console.log(a);
      }
    }),
  );
  const posted = Date.now();
  await billing.settled();
  const subscribed = Date.now();
  const { kysely } = billing.harness.database<BillingSchema>('billing');
  const k1 = process.cpuUsage();
  await billing.at('2026-12-01T00:30:00.000Z');
  const closed = Date.now();
  const c0 = process.cpuUsage();
  await billing.control('PUT', '/clock', { now: '2026-12-01T01:00:00.000Z' });
  const put = Date.now();
  await billing.settled();
  const c1 = process.cpuUsage(c0);
  const done = Date.now();
  const rows = await kysely
    .selectFrom('stripe_event')
    .select(({ fn }) => ['type', 'state', fn.countAll().as('n')])
    .groupBy(['type', 'state'])
    .execute();
  console.log(
    JSON.stringify({
      count,
      postMs: posted - started,
      settleMs: subscribed - posted,
      closeMs: closed - subscribed,
      putMs: put - closed,
      renewMs: done - put,
      cpuMs: (c1.user + c1.system) / 1000,
      closing: billing.closing('2026-11' as never),
    }),
    rows.map((r) => `${r.type} ${r.state} ${r.n}`).join('\n'),
  );
  await billing.stop();
}, 180_000);
