import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { earningsCalculated, month, nextMonth, operatorCommand } from '@wewrite/contracts';
import { idOfCause } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { Schema } from '../src/db.ts';
import { messagesOf } from './messages-of-earnings.ts';
import { type PayoutHarness, startPayouts } from './payout-harness.ts';
import { until } from './until.ts';

let stack: PayoutHarness;
let of = month('2026-11');

beforeAll(async () => {
  // What comes before the credits is more than that.
  stack = await startPayouts('connect', { NEGATIVE_BALANCE_FLOOR_CENTS: '1000' });
  await stack.topUp(10_000_000);
  for (const writer of ['less', 'nothing', 'untouched']) await stack.knowAccount(writer);
});
beforeEach(() => {
  of = nextMonth(of);
});
afterAll(() => stack.stop());

/** What became of each writer of the month who is judged: the payout's gross cents, or why there is none. */
async function judged() {
  const { rows } = await sql<{ userId: string; outcome: string }>`
    select judgement.user_id as "userId", coalesce(judgement.reason, gross_cents::text) as outcome
    from judgement left join payout on payout.id = payout_id where judgement.month = ${of}`.execute(
    stack.database<Schema>('payouts').kysely,
  );
  return Object.fromEntries(rows.map(({ userId, outcome }) => [userId, outcome]));
}

/** Each writer's part of one refund, which was said before the closing message. */
async function takeBack(netByWriter: Readonly<Record<string, number>>): Promise<void> {
  const refund = { kind: 'refund', month: of, netByWriter, beforeClosing: true } as const;
  await stack.reverseEarnings(`refund-${of}`, refund);
}

/** What judging waits for once the month is funded: credits, the closing message that counts two parts, and those. */
function causes() {
  const messages = messagesOf(of, { less: 5_000, nothing: 4_000, untouched: 3_000 }, 2);
  const say = async (part: 'writer' | 'closing') => {
    for (const [index, body] of messages.entries()) {
      const key = body.part === 'writer' ? body.recipientUserId : 'closing';
      if (body.part === part) await stack.say(earningsCalculated, { key, id: `earnings-${of}-${index}`, body });
    }
    await stack.settled();
  };
  return {
    credits: () => say('writer'),
    closing: () => say('closing'),
    'part of less': () => takeBack({ less: 1_200 }),
    'part of nothing': () => takeBack({ nothing: 4_000 }),
  };
}

describe('what was taken back before a month’s earnings were all said', () => {
  test.each([
    [['part of less', 'part of nothing', 'credits', 'closing']],
    [['part of less', 'part of nothing', 'closing', 'credits']],
    [['part of less', 'closing', 'credits', 'part of nothing']],
    [['part of less', 'credits', 'closing', 'part of nothing']],
    [['closing', 'part of nothing', 'part of less', 'credits']],
    [['credits', 'part of nothing', 'part of less', 'closing']],
    [['credits', 'closing', 'part of nothing', 'part of less']],
  ] as const)('E5, D1: is taken before anybody is judged: %j', async (order) => {
    await stack.fund(of);
    const happens = causes();
    for (const cause of order) {
      expect(await judged()).toEqual({});
      await happens[cause]();
    }
    expect(await judged()).toEqual({ less: '3800', nothing: 'below_minimum', untouched: '3000' });
  });

  test('E5: what comes later holds nobody up, and counts for nothing that is missing', async () => {
    await stack.earn(of, { less: 5_000, untouched: 3_000 }, 1);
    await stack.fund(of);
    await stack.reverseEarnings(`late-${of}`, { kind: 'refund', month: of, netByWriter: { untouched: 200 } });
    expect(await judged()).toEqual({});
    await takeBack({ less: 1_200 });
    expect(await judged()).toEqual({ less: '3800', untouched: '2800' });
  });

  test('E5, D8: takes nothing of what is held of another month, and is no debt, when it comes before the credit', async () => {
    const before = of;
    await stack.earn(before, { less: 2_000 });
    await stack.fund(before);
    await stack.settled();
    await stack.reverseEarnings(`dispute-${before}`, {
      kind: 'dispute_opened',
      month: before,
      netByWriter: { less: 2_000 },
    });
    of = nextMonth(of);
    await takeBack({ less: 1_200 });
    await stack.earn(of, { less: 5_000 }, 1);
    await stack.fund(of);
    await stack.settled();
    expect(await judged()).toEqual({ less: '3800' });
    const { rows } = await sql<{ cents: number }>`
      select held_cents as cents from writer_hold where month = ${before} and user_id = 'less'`.execute(
      stack.database<Schema>('payouts').kysely,
    );
    expect(rows).toEqual([{ cents: 2_000 }]);
  });

  test('E5: one that does not fit yet holds up no other, and is applied once it does', async () => {
    const disputed = { month: of, netByWriter: { less: 1_000 }, beforeClosing: true } as const;
    const ended = { kind: 'dispute_won', settles: `dispute-${of}`, ...disputed } as const;
    await stack.reverseEarnings(`won-${of}`, ended);
    await stack.reverseEarnings(`dispute-${of}`, { kind: 'dispute_opened', ...disputed });
    await stack.earn(of, { less: 5_000 }, 2);
    await stack.fund(of);
    await stack.settled();
    expect(await judged()).toMatchObject({ less: '5000' });
  });

  test('E5: is waited for while it is parked, and the month is judged when it is replayed', async () => {
    const { kysely } = stack.database<Schema>('payouts');
    const disputed = { month: of, netByWriter: { less: 1_000 }, beforeClosing: true } as const;
    const ended = { kind: 'dispute_won', settles: `dispute-${of}`, ...disputed } as const;
    await stack.earn(of, { less: 5_000 }, 2);
    await stack.fund(of);
    await stack.settled();
    await stack.reverseEarnings(`won-${of}`, ended);
    await stack.reverseEarnings(`dispute-${of}`, { kind: 'dispute_opened', ...disputed });
    await stack.settled();
    expect(await judged()).toEqual({});
    const { rows } = await sql<{ topic: string; messageId: string }>`
      select topic, message_id as "messageId" from parked_message`.execute(kysely);
    expect(rows).toHaveLength(1);
    const commandId = idOfCause('replay', of);
    const order = { order: 'replay', commandId, service: 'payouts', ...rows[0] };
    const by = { orderedBy: 'root', why: 'its beginning has come', at: '2026-12-01T09:00:00.000Z' };
    const body = operatorCommand.schema.parse({ ...order, ...by });
    await stack.say(operatorCommand, { key: 'payouts', id: commandId, body });
    await stack.settled();
    expect(await judged()).toEqual({ less: '5000' });
  });

  test('E5: a hundred that do not fit yet hide none behind them, and are applied once they do', async () => {
    const writers = Array.from({ length: 100 }, (_, index) => `disputed-${index}`);
    const each = (netCents: number) => Object.fromEntries(writers.map((writer) => [writer, netCents]));
    const disputed = { month: of, netByWriter: each(1_000) } as const;
    const ended = { kind: 'dispute_won', settles: `dispute-${of}`, ...disputed } as const;
    await stack.reverseEarnings(`won-${of}`, ended);
    await takeBack({ less: 1_200 });
    await stack.earn(of, { ...each(1_500), less: 5_000 }, 1);
    await stack.fund(of);
    await until(async () => 'less' in (await judged()));
    expect(await judged()).toMatchObject({ less: '3800', 'disputed-0': 'below_minimum' });
    await stack.reverseEarnings(`dispute-${of}`, { kind: 'dispute_opened', ...disputed });
    expect(await stack.balancesOf('disputed-0')).toMatchObject({ payableCents: 1_500, heldCents: 0 });
  });
});
