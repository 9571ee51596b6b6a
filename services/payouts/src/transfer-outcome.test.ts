import { describe, expect, test } from '@jest/globals';
import { endingOf, isAstray, type MadePayment } from './transfer-outcome.ts';

const refused = { kind: 'failed', reason: 'refused', detail: 'no' } as const;
const paid: MadePayment = { transferId: 'tr_1', state: { status: 'paid' } };

describe('D3: what a refusal ends', () => {
  test.each(['requested', 'submitting'] as const)('D3: a payout that is %s fails by it', (status) => {
    expect(endingOf(status, refused)).toEqual({ status: 'failed', transferId: null, reason: 'refused' });
  });

  test.each(['submitted', 'paid', 'failed', 'returned', 'canceled'] as const)(
    'D3: a payout that is %s stays so',
    (status) => {
      expect(endingOf(status, refused)).toBeNull();
    },
  );
});

describe('D3: a payment that the payout knows nothing of', () => {
  test.each([
    ['failed', null, paid, true],
    ['canceled', null, { ...paid, state: { status: 'submitted' } }, true],
    ['paid', 'tr_2', paid, true],
    ['submitted', 'tr_2', paid, true],
    ['submitting', null, paid, false],
    ['paid', 'tr_1', paid, false],
    ['returned', 'tr_1', paid, false],
    ['failed', null, { ...paid, state: { status: 'failed', reason: 'declined' } }, false],
  ] as const)('D3: %s with transfer %s', (status, transferId, payment, expected) => {
    expect(isAstray({ status, transfer_id: transferId }, payment)).toBe(expected);
  });
});
