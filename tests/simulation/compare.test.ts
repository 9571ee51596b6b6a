import { describe, expect, test } from '@jest/globals';
import { cents, type EarningsLine, month, UserIdSchema, type WriterPayout } from '@wewrite/contracts';
import { firstDifference } from './compare.ts';
import { closeMonth } from './oracle/closed-month.ts';
import type { Reckoning } from './oracle/reckon.ts';
import type { ProductBooks } from './product-books.ts';
import type { ProductMonth } from './read-books.ts';
import { nothingExplained } from './read-explained.ts';

const november = month('2026-11');
const wim = UserIdSchema.parse('wim');
const resource = { resourceType: 'page' as const, resourceId: 'p' };

/** Ada paid $20 and gave $17.50 to wim, whose 1,627 ¢ are too little for a payout. */
const reckoning: Reckoning = {
  closed: new Map([
    [
      november,
      closeMonth(november, [
        { userId: 'ada', budgetCents: 2_000, allocations: [{ resource, recipientUserId: wim, usdCents: 1_750 }] },
      ]),
    ],
  ]),
  payouts: new Map([
    [
      november,
      new Map([
        [
          wim,
          {
            userId: wim,
            status: 'skipped',
            reason: 'below_minimum',
            grossCents: 0,
            processingFeeCents: 0,
            netCents: 0,
            payableCents: 1_627,
          },
        ],
      ]),
    ],
  ]),
  writers: new Map([[wim, { payableCents: 1_627, inFlightCents: 0, receivableCents: 0, holds: [] }]]),
  ledger: new Map([
    ['creator_obligations', -1_627],
    ['allocated:2026-11', 0],
  ]),
  plans: new Map(),
  schedules: new Map([['s1', 'ended']]),
  misanswered: [],
  isStorageDecided: true,
  storageMoreCents: 0,
};

const line: EarningsLine = {
  lineId: 'ada_page_p_2026-11',
  month: november,
  userId: 'ada',
  recipientUserId: wim,
  ...resource,
  usdCents: cents(1_750),
  fundedCents: cents(1_750),
  feeCents: cents(123),
};
const payout: WriterPayout = {
  userId: wim,
  payoutStatus: 'skipped',
  payoutReason: 'below_minimum',
  nextDate: '2027-01-01',
  payoutId: null,
  transferId: null,
  payoutGrossCents: cents(0),
  processingFeeCents: cents(0),
  payoutNetCents: cents(0),
  carriedOverCents: cents(1_627),
};
const amounts = { grossCents: cents(1_750), platformFeeCents: cents(123), netCents: cents(1_627), lineCount: 1 };
const productMonth: ProductMonth = {
  supporters: [
    {
      userId: 'ada',
      budgetCents: cents(2_000),
      fundedCents: cents(1_750),
      unallocatedCents: cents(250),
      unfundedCents: cents(0),
    },
  ],
  lines: [line],
  writers: [{ userId: wim, ...amounts }],
  payouts: [payout],
};

/** The product's books, which agree but for what is given. */
function books(given: Partial<ProductMonth> = {}, more: Partial<ProductBooks> = {}): ProductBooks {
  return {
    months: new Map([[november, { ...productMonth, ...given }]]),
    obligations: [
      {
        userId: wim,
        payableCents: cents(1_627),
        inFlightCents: cents(0),
        heldCents: cents(0),
        receivableCents: cents(0),
      },
    ],
    ledger: new Map([['creator_obligations', -1_627]]),
    plans: new Map(),
    schedules: new Map([['s1', 'ended']]),
    explained: nothingExplained,
    isSwept: true,
    isRefunding: false,
    ...more,
  };
}

describe('where books first differ', () => {
  test('is nowhere when every cent is where it should be', () => {
    expect(firstDifference(reckoning, books())).toBeNull();
  });

  test.each([
    [
      'a writer’s month',
      books({ writers: [{ userId: wim, ...amounts, netCents: cents(1_626) }] }),
      '2026-11 writer wim: net 1,627 by the deeds, 1,626 in earnings',
    ],
    [
      'a line, before the writer whose sum follows from it',
      books({
        lines: [{ ...line, feeCents: cents(122) }],
        writers: [{ userId: wim, ...amounts, netCents: cents(1_628) }],
      }),
      'line ada_page_p_2026-11: fee 123 by the deeds, 122 in earnings',
    ],
    [
      'the reason for no payout',
      books({ payouts: [{ ...payout, payoutReason: 'on_hold' }] }),
      '2026-11 payout of wim: reason below_minimum by the deeds, on_hold in payouts',
    ],
    [
      'somebody of whom the deeds know nothing',
      books({ writers: [...productMonth.writers, { userId: 'zoe', ...amounts }] }),
      '2026-11 writer zoe: gross nothing by the deeds, 1,750 in earnings',
    ],
    [
      'a month that was not closed',
      books({}, { months: new Map([[november, null]]) }),
      '2026-11: is closed by the deeds, not closed in earnings and payouts',
    ],
    [
      'an account',
      books(
        {},
        {
          ledger: new Map([
            ['creator_obligations', -1_627],
            ['suspense', -5],
          ]),
        },
      ),
      'account suspense: debits less credits nothing by the deeds, -5 in the general ledger',
    ],
    [
      'a schedule',
      books({}, { schedules: new Map([['s1', 'begun']]) }),
      'schedule s1: is ended by the deeds, begun in allocations',
    ],
  ])('is told as a sentence: %s', (_what, found, sentence) => {
    expect(firstDifference(reckoning, found)).toBe(sentence);
  });

  test('is nowhere as long as storage has no more than it may have been given before debts were repaid', () => {
    const stored = (cents: number) =>
      books({}, { ledger: new Map([...reckoning.ledger, ['stripe:storage', cents], ['stripe:payments', -cents]]) });
    expect(firstDifference({ ...reckoning, storageMoreCents: 50 }, stored(50))).toBeNull();
    expect(firstDifference({ ...reckoning, storageMoreCents: 50 }, stored(51))).toBe(
      'account stripe:payments: debits less credits -50 by the deeds, -51 in the general ledger',
    );
  });
});
