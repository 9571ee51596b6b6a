import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { balanceAdjusted, type MessageOf, month, NextPayoutSchema, nextMonth } from '@wewrite/contracts';
import { type HoldOrder, type PayoutHarness, startPayouts } from './payout-harness.ts';

const nothing = { payableCents: 0, inFlightCents: 0, heldCents: 0, receivableCents: 0 };

let stack: PayoutHarness;
let adjusted: MessageOf<typeof balanceAdjusted>[];
let latest = month('2026-10');

beforeAll(async () => {
  stack = await startPayouts('connect');
  await stack.topUp(10_000_000);
  adjusted = await stack.hear(balanceAdjusted);
});
afterAll(() => stack.stop());

async function earned(writer: string, netCents: number): Promise<string> {
  latest = nextMonth(latest);
  await stack.earn(latest, { [writer]: netCents });
  await stack.settled();
  return latest;
}

const nextPayoutOf = (writer: string) =>
  stack.get('/v1/payouts/next', NextPayoutSchema, { sub: writer, roles: ['writer'] });

describe('C6: money that is held', () => {
  test('C6: is owed and not paid, with its reason, until it is released', async () => {
    await stack.knowAccount('held');
    const of = await earned('held', 5_000);
    const hold = { writer: 'held', month: of, netCents: 4_000 };
    await stack.holdEarnings('hold', { ...hold, state: 'held', version: 1 });
    await stack.fundThrough(of);
    await stack.settled();
    expect(await stack.balancesOf('held')).toEqual({ ...nothing, payableCents: 1_000, heldCents: 4_000 });
    expect(await stack.transfers()).toEqual([]);
    expect(await nextPayoutOf('held')).toMatchObject({ reason: 'on_hold', payableCents: 1_000, heldCents: 4_000 });
    await stack.holdEarnings('hold', { ...hold, state: 'released', version: 2 });
    expect(await stack.balancesOf('held')).toEqual({ ...nothing, payableCents: 5_000 });
    expect(await nextPayoutOf('held')).toMatchObject({ reason: null });
    expect(adjusted).toEqual([]);
  });

  test('C6: an older version that comes late changes nothing', async () => {
    const of = await earned('late', 5_000);
    const hold: HoldOrder = { writer: 'late', month: of, netCents: 4_000, state: 'released', version: 2 };
    await stack.holdEarnings('late-hold', hold);
    await stack.holdEarnings('late-hold', { ...hold, state: 'held', version: 1 });
    expect(await stack.balancesOf('late')).toEqual({ ...nothing, payableCents: 5_000 });
  });

  test('C6: a hold that comes before the month is credited holds when it is', async () => {
    const hold = { writer: 'early', month: nextMonth(latest), netCents: 3_000 };
    await stack.holdEarnings('early-hold', { ...hold, state: 'held', version: 1 });
    expect(await stack.balancesOf('early')).toEqual(nothing);
    await earned('early', 3_000);
    expect(await stack.balancesOf('early')).toEqual({ ...nothing, heldCents: 3_000 });
  });

  test('C6: holds no more than there is when part of it was paid before', async () => {
    await stack.knowAccount('spent');
    const of = await earned('spent', 5_000);
    await stack.fundThrough(of);
    await stack.settled();
    await stack.holdEarnings('spent-hold', { writer: 'spent', month: of, netCents: 5_000, state: 'held', version: 1 });
    expect(await stack.balancesOf('spent')).toEqual(nothing);
    await earned('spent', 1_000);
    expect(await stack.balancesOf('spent')).toEqual({ ...nothing, payableCents: 1_000 });
  });
});

describe('C6: a hold that is reversed', () => {
  const orders = ['the reversals first', 'the hold first'] as const;
  test.each(orders)('C6: keeps its money for its reversals, one a supporter: %s', async (order) => {
    const writer = order.replaceAll(' ', '-');
    const of = await earned(writer, 5_000);
    const hold = { writer, month: of, netCents: 3_000 };
    await stack.holdEarnings(`${writer}-hold`, { ...hold, state: 'held', version: 1 });
    const part = (netCents: number) => ({
      kind: 'operator' as const,
      month: of,
      netByWriter: { [writer]: netCents },
      settles: `${writer}-hold`,
    });
    const ends = async () => stack.holdEarnings(`${writer}-hold`, { ...hold, state: 'reversed', version: 2 });
    if (order === 'the hold first') await ends();
    await stack.reverseEarnings(`${writer}-1`, part(1_000));
    expect(await stack.balancesOf(writer)).toEqual({ ...nothing, payableCents: 2_000, heldCents: 2_000 });
    await stack.reverseEarnings(`${writer}-2`, part(2_000));
    if (order === 'the reversals first') await ends();
    expect(await stack.balancesOf(writer)).toEqual({ ...nothing, payableCents: 2_000 });
    const said = adjusted.filter(({ recipientUserId }) => recipientUserId === writer);
    expect(said.map(({ kind, obligationsFallCents }) => [kind, obligationsFallCents])).toEqual([
      ['operator', 1_000],
      ['operator', 2_000],
    ]);
  });

  test('C6: counts what was reversed of it before it was told of', async () => {
    const of = await earned('foretold', 5_000);
    const hold = { writer: 'foretold', month: of, netCents: 3_000 };
    const part = (netCents: number) => ({
      kind: 'operator' as const,
      month: of,
      netByWriter: { foretold: netCents },
      settles: 'foretold-hold',
    });
    await stack.reverseEarnings('foretold-1', part(1_000));
    await stack.holdEarnings('foretold-hold', { ...hold, state: 'held', version: 1 });
    expect(await stack.balancesOf('foretold')).toEqual({ ...nothing, payableCents: 2_000, heldCents: 2_000 });
    await stack.holdEarnings('foretold-hold', { ...hold, state: 'reversed', version: 2 });
    await stack.reverseEarnings('foretold-2', part(2_000));
    expect(await stack.balancesOf('foretold')).toEqual({ ...nothing, payableCents: 2_000 });
  });

  test('C6: releases what its reversals leave', async () => {
    const of = await earned('partly', 5_000);
    const hold = { writer: 'partly', month: of };
    await stack.holdEarnings('partly-hold', { ...hold, netCents: 3_000, state: 'held', version: 1 });
    const reversal = { kind: 'operator', month: of, netByWriter: { partly: 1_200 }, settles: 'partly-hold' } as const;
    await stack.reverseEarnings('partly-1', reversal);
    await stack.holdEarnings('partly-hold', { ...hold, netCents: 1_200, state: 'reversed', version: 2 });
    expect(await stack.balancesOf('partly')).toEqual({ ...nothing, payableCents: 3_800 });
  });
});
