import { expect, test } from '@jest/globals';
import { anyFaults } from './faults.ts';
import { startWorld } from './world.ts';

const deadlineMs = 120_000;
const site = { userId: 'site', roles: ['service'] } as const;
const supporter = { userId: 'sue', roles: ['supporter'] } as const;
const admin = { userId: 'admin', roles: ['admin'] } as const;

/** A month of one supporter and one writer, with all faults; gives everything that has happened. */
async function liveThrough(seed: number): Promise<readonly string[]> {
  const world = await startWorld({ seed, now: '2026-11-01T00:00:00.000Z', faults: anyFaults });
  try {
    await world.ask({
      as: site,
      method: 'PUT',
      path: '/v1/resources/page/p',
      body: { ownerUserId: 'wim', title: 'P' },
    });
    const subscription = { monthlyCents: 2_000, paymentMethodId: 'pm_card_visa' };
    await world.ask({ as: supporter, method: 'POST', path: '/v1/subscription', body: subscription });
    await world.settle();
    await world.ask({ as: supporter, method: 'PUT', path: '/v1/allocations/page/p', body: { usdCents: 700 } });
    for (const hour of ['00:00', '00:30', '01:00', '09:00']) {
      await world.moveClock(new Date(`2026-12-01T${hour}:00.000Z`));
      await world.settle();
    }
    await world.ask({ as: admin, method: 'POST', path: '/v1/months/2026-11/close', body: {} });
    await world.settle();
    return world.log.lines;
  } finally {
    await world.stop();
  }
}

test(
  'the same seed gives the same run, step by step, whatever was played before; another gives another',
  async () => {
    const first = await liveThrough(11);
    expect(first.length).toBeGreaterThan(50);
    expect(await liveThrough(12)).not.toEqual(first);
    expect(await liveThrough(11)).toEqual(first);
  },
  deadlineMs,
);
