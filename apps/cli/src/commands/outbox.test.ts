import { expect, test } from '@jest/globals';
import { createMetrics } from '@wewrite/service-kit';
import { stateIn, stateLine } from './outbox.ts';

const idle = async () => ({ outbox: 1_203, lag: 0, due: 0, activity: 0 });

test('the state of an outbox is read from what a service tells Prometheus', async () => {
  const messaging = async () => ({ parked: 0, oldestOutboxSeconds: 61.4, leads: true });
  const text = await createMetrics({ service: 'billing', idle, messaging }).render();
  const state = stateIn(text, 'http://localhost:9082');
  expect(state).toEqual({
    service: 'billing',
    adminUrl: 'http://localhost:9082',
    waiting: 1_203,
    oldestSeconds: 61.4,
    leads: true,
  });
  if (state === null) throw new Error('no state was read');
  expect(stateLine(state)).toBe('billing      1,203 waiting, the oldest for 61 s; http://localhost:9082 sends');
});

test('who has no outbox has no state of it', async () => {
  const text = await createMetrics({ service: 'gateway', idle }).render();
  expect(stateIn(text, 'http://localhost:9080')).toBeNull();
});
