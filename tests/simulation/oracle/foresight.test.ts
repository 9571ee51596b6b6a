import { describe, expect, test } from '@jest/globals';
import { month, type ProblemCode } from '@wewrite/contracts';
import type { Act, Deed } from '../deed.ts';
import { allocate, close, deed, october, page, pay, reckoned, september, site, subscribe } from './deeds-for-tests.ts';

const [august, december] = [month('2026-08'), month('2026-12')];

/** Ada pays $10 a month, gives wim $6 of it, and has $4 left. */
const ada = [
  ...site(),
  ...subscribe('2026-09-01T00:00Z', 'ada', { monthly: 1_000, paid: 1_000, card: 'pays' }),
  allocate('2026-09-02T00:00Z', 'ada', 'p1', 600),
];
const at = '2026-09-03T00:00Z';

function refused(of: Deed, code: ProblemCode): Deed {
  return { ...of, answer: { outcome: 'refused', code } };
}

/** What should have been answered, and what was, of each deed that was answered otherwise. */
function wrongIn(deeds: readonly Deed[]): string[] {
  return reckoned(deeds).misanswered.map(({ foretold, answered }) => `${foretold}, not ${answered}`);
}

describe('an answer that the deeds before it do not allow', () => {
  const act = (one: Act) => deed(at, one);
  const asksFor = (monthlyCents: number, from: 'now' | 'next_month') =>
    act({ kind: 'subscription_changed', userId: 'ada', monthlyCents, from });
  const plans = (usdCents: number, scheduleId: string | null, fromMonth = october) =>
    act({
      kind: 'schedule_made',
      userId: 'ada',
      scheduleId,
      planned: { kind: 'set', resource: page('p2'), usdCents, fromMonth },
    });
  const undoes = (version: number, usdCents: number) =>
    act({ kind: 'change_undone', userId: 'ada', version, wish: { resource: page('p1'), usdCents } });

  test.each<[string, Deed, string]>([
    ['A4: more than there is', allocate(at, 'ada', 'p2', 401), 'over_allocated, not accepted'],
    [
      'A4: all that there is',
      refused(allocate(at, 'ada', 'p2', 400), 'over_allocated'),
      'accepted, not over_allocated',
    ],
    ['A4: what nobody knows', allocate(at, 'ada', 'p9', 1), 'unknown_resource, not accepted'],
    ['A4: one’s own', allocate(at, 'wim', 'p1', 1), 'self_support, not accepted'],
    [
      'A4: of somebody else',
      act({
        kind: 'allocation_set',
        userId: 'ada',
        wish: { resource: page('p2'), usdCents: 1 },
        recipientUserId: 'wim',
      }),
      'not_owner, not accepted',
    ],
    [
      'A4: what has changed since it was read',
      act({ kind: 'allocation_set', userId: 'ada', wish: { resource: page('p1'), usdCents: 1 }, expectedVersion: 2 }),
      'version_conflict, not accepted',
    ],
    ['A10: a change that there was', refused(undoes(1, 0), 'version_conflict'), 'accepted, not version_conflict'],
    ['A10: a change that there was not', undoes(2, 0), 'not_found, not accepted'],
    ['A9: what will not fit', plans(401, 's1'), 'over_allocated, not accepted'],
    ['A9: what will fit', refused(plans(400, null), 'over_allocated'), 'accepted, not over_allocated'],
    ['A9: of a month that runs', plans(1, 's1', september), 'invalid_request, not accepted'],
    ['E3: a second subscription', subscribeAgain(), 'already_subscribed, not accepted'],
    [
      'E3: a raise in a month that is paid',
      refused(asksFor(2_000, 'now'), 'payment_pending'),
      'accepted, not payment_pending',
    ],
    [
      'E3: of nobody’s subscription',
      act({ kind: 'subscription_cancelled', userId: 'bob' }),
      'no_subscription, not accepted',
    ],
  ])('is told: %s', (_what, answered, wrong) => {
    expect(wrongIn([...ada, answered])).toEqual([wrong]);
  });

  test('E3: is told of a charge that is neither the renewal, nor a raise, nor the first part of a month', () => {
    const raise = deed('2026-09-16T00:00Z', {
      kind: 'subscription_changed',
      userId: 'ada',
      monthlyCents: 2_000,
      from: 'now',
    });
    const raised = (cents: number) =>
      pay('2026-09-16T00:00Z', 'ada', cents, ['2026-09-16T00:00Z', '2026-10-01T00:00Z']);
    expect(wrongIn([...ada, raise, raised(500)])).toEqual([]);
    expect(wrongIn([...ada, raise, raised(501)])).toEqual(['500 ¢, not 501 ¢']);
    const renewed = (cents: number) =>
      pay('2026-10-01T01:00Z', 'ada', cents, ['2026-10-01T00:00Z', '2026-11-01T00:00Z']);
    expect(wrongIn([...ada, renewed(1_000)])).toEqual([]);
    expect(wrongIn([...ada, renewed(999)])).toEqual(['1000 ¢, not 999 ¢']);
  });

  test('A11: is told of a writer who takes no support: it can be lowered, and not raised', () => {
    const closed = act({ kind: 'writer_state_set', writerId: 'wim', state: 'closed' });
    const raised = allocate('2026-09-04T00:00Z', 'ada', 'p1', 601);
    const lowered = allocate('2026-09-04T00:00Z', 'ada', 'p1', 500);
    expect(wrongIn([...ada, closed, refused(raised, 'writer_closed'), lowered])).toEqual([]);
    expect(wrongIn([...ada, closed, raised])).toEqual(['writer_closed, not accepted']);
  });

  test('A4: is told of each wish of a batch, which is judged on what those before have left', () => {
    const accepted = { outcome: 'accepted' } as const;
    const wishes = [
      { resource: page('p1'), usdCents: 500, answer: accepted },
      { resource: page('p2'), usdCents: 500, answer: accepted },
      { resource: page('p2'), usdCents: 501, answer: accepted },
    ];
    const batch = act({ kind: 'allocations_set_together', userId: 'ada', wishes });
    expect(wrongIn([...ada, batch])).toEqual(['over_allocated, not accepted']);
  });

  test('A5: either answer is right while a payment is under way, and one once it is known', () => {
    const raised = allocate('2026-10-01T02:00Z', 'ada', 'p2', 900);
    const cut = {
      kind: 'refunded',
      userId: 'ada',
      paymentId: 'pi-ada-2026-10-01',
      refundId: 're',
      cents: 500,
    } as const;
    const october1 = [
      ...ada,
      pay('2026-10-01T01:00Z', 'ada', 1_000, ['2026-10-01T00:00Z', '2026-11-01T00:00Z']),
      deed('2026-10-01T01:30Z', cut),
    ];
    const meanwhile = { ...allocate('2026-10-01T02:00Z', 'ada', 'p2', 300), knownEverywhere: false };
    expect(wrongIn([...october1, meanwhile])).toEqual([]);
    expect(wrongIn([...october1, refused(meanwhile, 'over_allocated')])).toEqual([]);
    expect(wrongIn([...october1, { ...meanwhile, knownEverywhere: true }])).toEqual(['over_allocated, not accepted']);
    expect(wrongIn([...october1, raised])).toEqual(['over_allocated, not accepted']);
  });

  test('E5: a refund that waits for money may be known before it is a deed, as long as anything is under way', () => {
    const on = '2026-09-04T00:00Z';
    const asked = { ...refused(allocate(on, 'ada', 'p2', 300), 'over_allocated'), knownEverywhere: false };
    const refund = {
      kind: 'refunded',
      userId: 'ada',
      paymentId: 'pi-ada-2026-09-01',
      refundId: 're',
      cents: 200,
    } as const;
    expect(wrongIn([...ada, asked, deed(on, refund)])).toEqual([]);
    const ofLater = [allocate(on, 'ada', 'p2', 1), deed(on, refund)];
    expect(wrongIn([...ada, asked, ...ofLater])).toEqual(['accepted, not over_allocated']);
    expect(wrongIn([...ada, { ...asked, knownEverywhere: true }, deed(on, refund)])).toEqual([
      'accepted, not over_allocated',
    ]);
  });

  test('E4: a raise waits for the renewal, also for one of an earlier month', () => {
    const raise = (on: string) =>
      deed(on, { kind: 'subscription_changed', userId: 'ada', monthlyCents: 2_000, from: 'now' });
    expect(wrongIn([...ada, raise('2026-10-02T00:00Z')])).toEqual(['payment_pending, not accepted']);
    const later = pay('2026-11-01T01:00Z', 'ada', 1_000, ['2026-11-01T00:00Z', '2026-12-01T00:00Z']);
    expect(wrongIn([...ada, close('2026-11-01T00:30Z', october), later, raise('2026-11-02T00:00Z')])).toEqual([]);
    expect(wrongIn([...ada, close('2026-12-01T09:00Z', month('2026-11')), raise('2026-12-02T00:00Z')])).toEqual([
      'payment_pending, not accepted',
    ]);
  });
});

describe('an answer at the desk', () => {
  const ofLine = { writerId: 'wim', month: september, lineId: 'ada_page_p1_2026-09' };
  const on = '2026-10-02T00:00Z';
  const settled = [...ada, close('2026-10-01T09:00Z', september)];
  const held = [...settled, deed(on, { kind: 'hold_placed', holdId: 'h', ...ofLine })];
  const released = [...held, deed(on, { kind: 'hold_released', holdId: 'h' })];

  const question = { kind: 'question_asked', userId: 'ada', lineId: ofLine.lineId, questionId: 'q' } as const;
  const answered = [...settled, deed(on, question), deed(on, { kind: 'question_answered', questionId: 'q' })];
  const payout = { writerId: 'wim', month: september };
  const kept = [...settled, { ...deed(on, { kind: 'payout_held', ...payout }), knownEverywhere: false }];
  const letGo = [...kept, deed(on, { kind: 'payout_released', ...payout })];

  test.each<[string, readonly Deed[], Act, ProblemCode]>([
    [
      'C6: the same money is held once',
      held,
      { kind: 'hold_placed', holdId: 'i', ...ofLine, lineId: null },
      'already_held',
    ],
    ['C6: what is no line', settled, { kind: 'hold_placed', holdId: 'i', ...ofLine, lineId: 'x' }, 'not_found'],
    ['C6: what has ended', released, { kind: 'hold_reversed', holdId: 'h' }, 'hold_ended'],
    ['D8: who owes nothing', settled, { kind: 'written_off', writerId: 'wim', cents: null }, 'not_found'],
    ['E5: a line that is nobody’s', settled, { ...question, lineId: 'ada_page_p2_2026-09' }, 'not_found'],
    ['E5: another’s line', settled, { ...question, userId: 'eve' }, 'not_found'],
    ['E5: a question twice', answered, { kind: 'question_answered', questionId: 'q' }, 'already_answered'],
    ['D3: a payout that is over', settled, { kind: 'payout_held', ...payout }, 'payout_sent'],
    ['D3: one that nobody keeps back', settled, { kind: 'payout_released', ...payout }, 'not_found'],
    ['D3: one that was let go', letGo, { kind: 'payout_released', ...payout }, 'not_found'],
    ['D3: one that nobody has to look up', settled, { kind: 'payout_retried', ...payout }, 'not_found'],
    ['B6: a month that runs', settled, { kind: 'close_asked', month: october, runKind: 'close' }, 'month_not_over'],
    ['A8: a month before all', settled, { kind: 'close_asked', month: august, runKind: 'close' }, 'unknown_month'],
    ['B4: a close again', settled, { kind: 'close_asked', month: september, runKind: 'rehearsal' }, 'month_closed'],
    ['E6: the renewals of a month to come', settled, { kind: 'sweep_asked', month: december }, 'unknown_month'],
    ['B4: a month to come', settled, { kind: 'close_asked', month: december, runKind: 'rehearsal' }, 'unknown_month'],
  ])('is told that should have been refused: %s', (_what, before, act, code) => {
    expect(wrongIn(before)).toEqual([]);
    expect(wrongIn([...before, refused(deed(on, act), code)])).toEqual([]);
    expect(wrongIn([...before, deed(on, act)])).toEqual([`${code}, not accepted`]);
  });

  test.each<[string, readonly Deed[], Act, ProblemCode]>([
    ['E5: a line of one’s own', settled, question, 'not_found'],
    ['E5: a line by its key', settled, { ...question, userId: 'wim', lineId: 'a'.repeat(64) }, 'not_found'],
    ['D3: what is kept back, again', kept, { kind: 'payout_held', ...payout }, 'payout_sent'],
    ['D3: what is kept back, taken back', kept, { kind: 'payout_cancelled', ...payout, next: null }, 'payout_sent'],
    ['D3: what is kept back, let go', kept, { kind: 'payout_released', ...payout }, 'not_found'],
    ['E6: the renewals of a month that runs', settled, { kind: 'sweep_asked', month: october }, 'unknown_month'],
    ['B2: a close again', settled, { kind: 'close_asked', month: september, runKind: 'close' }, 'month_closed'],
    ['B4: a month that runs', settled, { kind: 'close_asked', month: october, runKind: 'rehearsal' }, 'unknown_month'],
  ])('is told that should have been accepted: %s', (_what, before, act, code) => {
    expect(wrongIn([...before, refused(deed(on, act), code)])).toEqual([`accepted, not ${code}`]);
  });

  test('D3: while anything is under way, a payout may have been sent or not', () => {
    const held = { ...deed(on, { kind: 'payout_held', ...payout }), knownEverywhere: false };
    expect(wrongIn([...settled, held])).toEqual([]);
    expect(wrongIn([...settled, refused(held, 'payout_sent')])).toEqual([]);
    expect(wrongIn([...settled, refused(held, 'not_found')])).toEqual(['accepted or payout_sent, not not_found']);
  });
});

function subscribeAgain(): Deed {
  return deed(at, { kind: 'subscribed', userId: 'ada', monthlyCents: 500, card: 'pays', by: 'card' });
}
