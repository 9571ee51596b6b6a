import { describe, expect, test } from '@jest/globals';
import type { Act, Deed } from '../deed.ts';
import { allocate, close, deed, october, pay, reckoned, september, site, subscribe } from './deeds-for-tests.ts';
import { obligationsIn } from './general-ledger.ts';

/** Ada gives wim $100 a month. Of it wim is due 9,300, less 2.9 % and 30 ¢: 9,000. */
const septemberIsClosed: readonly Deed[] = [
  ...site(),
  ...subscribe('2026-09-01T00:00Z', 'ada', { monthly: 10_000, paid: 10_000, card: 'pays_at_once' }),
  allocate('2026-09-02T00:00Z', 'ada', 'p1', 10_000),
  deed('2026-09-25T00:00Z', { kind: 'payout_account_became', writerId: 'wim', state: 'ready' }),
  pay('2026-10-01T01:00Z', 'ada', 10_000, ['2026-10-01T00:00Z', '2026-11-01T00:00Z']),
  close('2026-10-01T09:00Z', september),
];
const octoberIsClosed = close('2026-11-01T09:00Z', october);

const ofWim = { writerId: 'wim', month: september } as const;
const held = deed('2026-10-01T09:00Z', { kind: 'payout_held', ...ofWim });
const released = (at: string) => deed(at, { kind: 'payout_released', ...ofWim });
const restricted = (at: string) => deed(at, { kind: 'payout_account_became', writerId: 'wim', state: 'restricted' });

function comesTo(...deeds: readonly Deed[]) {
  const { payouts, writers, ledger, storageMoreCents } = reckoned([...septemberIsClosed, ...deeds]);
  const sum = [...ledger.values()].reduce((all, cents) => all + cents, 0);
  const obligationsCents = obligationsIn(ledger);
  const storageCents = ledger.get('stripe:storage') ?? 0;
  return {
    wim: payouts.get('2026-09')?.get('wim'),
    payouts,
    writers,
    sum,
    obligationsCents,
    storageCents,
    storageMoreCents,
  };
}

describe('a payout that an operator keeps back', () => {
  test('D3: is in flight, owed and covered until it is released, and then paid', () => {
    const { wim, writers, obligationsCents, storageCents } = comesTo(held);
    expect(wim).toMatchObject({ status: 'under_way', grossCents: 9_300 });
    expect(writers.get('wim')).toMatchObject({ payableCents: 0, inFlightCents: 9_300 });
    expect({ obligationsCents, storageCents }).toEqual({ obligationsCents: 9_300, storageCents: 9_300 });
    const sent = comesTo(held, released('2026-10-05T00:00Z'));
    expect(sent.wim).toMatchObject({ status: 'paid', netCents: 9_000 });
    expect(sent.writers.get('wim')).toMatchObject({ payableCents: 0, inFlightCents: 0 });
    expect(sent).toMatchObject({
      storageCents: 300,
      sum: 0,
    });
  });

  test('D2: is the reason why nothing more is paid to its writer; what was earned since carries over', () => {
    const { payouts, writers } = comesTo(held, octoberIsClosed, released('2026-11-05T00:00Z'));
    expect(payouts.get('2026-10')?.get('wim')).toMatchObject({ reason: 'already_in_flight', payableCents: 9_300 });
    expect(payouts.get('2026-09')?.get('wim')).toMatchObject({ status: 'paid' });
    expect(writers.get('wim')).toMatchObject({ payableCents: 9_300, inFlightCents: 0 });
  });

  test('D4: fails when its account cannot receive by the time it is released, and is paid with the next', () => {
    const failed = [held, restricted('2026-10-03T00:00Z'), released('2026-10-05T00:00Z')];
    expect(comesTo(...failed).wim).toMatchObject({ status: 'failed' });
    expect(comesTo(...failed).writers.get('wim')).toMatchObject({ payableCents: 9_300, inFlightCents: 0 });
    const ready = deed('2026-10-06T00:00Z', { kind: 'payout_account_became', writerId: 'wim', state: 'ready' });
    const next = comesTo(...failed, ready, octoberIsClosed)
      .payouts.get('2026-10')
      ?.get('wim');
    expect(next).toMatchObject({ status: 'paid', grossCents: 18_600 });
  });

  test('D8: pays back what its writer owes by now when it is canceled, and never when it is paid', () => {
    const refunded = deed('2026-10-02T00:00Z', {
      kind: 'refunded',
      userId: 'ada',
      paymentId: 'pi-ada-2026-09-01',
      refundId: 're',
      cents: 1_000,
    });
    const canceled = deed('2026-10-03T00:00Z', { kind: 'payout_cancelled', ...ofWim, next: 'canceled' });
    expect(comesTo(held, refunded).writers.get('wim')).toMatchObject({ inFlightCents: 9_300, receivableCents: 930 });
    const { writers, sum } = comesTo(held, refunded, canceled);
    expect(writers.get('wim')).toMatchObject({ payableCents: 8_370, inFlightCents: 0, receivableCents: 0 });
    expect(sum).toBe(0);
  });
});

describe('a payout that Stripe does not make', () => {
  const fates: readonly Act[] = [
    { kind: 'payout_failed', ...ofWim, because: 'declined' },
    { kind: 'payout_failed', ...ofWim, because: 'account_restricted' },
    { kind: 'payout_cancelled', ...ofWim, next: 'canceled' },
    { kind: 'payout_came_back', ...ofWim },
  ];

  test.each(fates)('D4, D5: leaves its money payable and covered: %j', (fate) => {
    const { wim, writers, obligationsCents, storageCents, sum } = comesTo(deed('2026-10-01T09:00Z', fate));
    expect(wim).toMatchObject({ status: 'failed' });
    expect(writers.get('wim')).toMatchObject({ payableCents: 9_300, inFlightCents: 0 });
    expect({ obligationsCents, storageCents, sum }).toEqual({ obligationsCents: 9_300, storageCents: 9_300, sum: 0 });
  });

  test('D4: an order to cancel that only Stripe can follow changes nothing until Stripe has', () => {
    const ordered = deed('2026-10-01T09:00Z', { kind: 'payout_cancelled', ...ofWim, next: 'canceling' });
    expect(comesTo(ordered).wim).toMatchObject({ status: 'paid' });
    const followed = deed('2026-10-01T09:00Z', { kind: 'payout_failed', ...ofWim, because: 'canceled' });
    expect(comesTo(ordered, followed).wim).toMatchObject({ status: 'failed' });
  });
});

test('D2: who earns less than they owe is not paid because of that', () => {
  const { payouts } = comesTo(
    deed('2026-10-02T00:00Z', {
      kind: 'refunded',
      userId: 'ada',
      paymentId: 'pi-ada-2026-09-01',
      refundId: 're',
      cents: 10_000,
    }),
    allocate('2026-10-03T00:00Z', 'ada', 'p1', 1_000),
    octoberIsClosed,
  );
  expect(payouts.get('2026-10')?.get('wim')).toMatchObject({ reason: 'negative_balance', payableCents: 0 });
});

test('A8, Escrow: of months closed together, the second may be funded before it is heard that the first is paid', () => {
  const beforeCloses = septemberIsClosed.slice(0, -1);
  const { payouts, storageMoreCents } = reckoned([...beforeCloses, octoberIsClosed]);
  expect(payouts.get('2026-09')?.get('wim')).toMatchObject({ status: 'paid', processingFeeCents: 300 });
  expect(storageMoreCents).toBe(300);
  expect(comesTo(octoberIsClosed).storageMoreCents).toBe(0);
});
