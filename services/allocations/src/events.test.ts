import { expect, test } from '@jest/globals';
import { cutoffOf, month } from '@wewrite/contracts';
import type { MonthCloseTable } from './db.ts';
import { booksCheckedMessage } from './events.ts';

const november = month('2026-11');
const at = new Date('2026-12-01T09:00:00.000Z');

const close: MonthCloseTable = {
  month: november,
  run_id: '0197a000-0000-7000-8000-000000000001',
  kind: 'close',
  cutoff: cutoffOf(november),
  state: 'locked',
  started_at: at,
  started_by: 'root',
  traceparent: null,
  locked_at: at,
  after_user_id: 'zoe',
  candidates_expected: 2,
  candidates_done: 2,
  progress_version: 3,
  chunks: 1,
  supporters: 2,
  lines: 4,
  paid_cents: 1_000,
  funded_cents: 900,
  unallocated_cents: 100,
  unfunded_cents: 0,
  backfilled: false,
  left_out_lines: 0,
  left_out_cents: 0,
};

function differencesOf(change: Partial<MonthCloseTable>, fundingPaidCents: number): string[] {
  const { body } = booksCheckedMessage({ ...close, ...change }, { fundingPaidCents, version: 1, at });
  return body.equations.flatMap(({ name, differenceCents }) => (differenceCents === 0 ? [] : [name]));
}

test('B3: the books of a locked month tell of each cent that is not where it should be', () => {
  expect(differencesOf({}, 1_000)).toEqual([]);
  expect(differencesOf({ funded_cents: 899 }, 1_000)).toEqual(['funded + unallocated = paid']);
  expect(differencesOf({ unallocated_cents: 101 }, 1_000)).toEqual(['funded + unallocated = paid']);
  expect(differencesOf({}, 999)).toEqual(['locked paid = funding closing']);
});
