import { describe, expect, test } from '@jest/globals';
import { month } from '@wewrite/contracts';
import { describeFault, InputRefused } from './fault.ts';
import { checkInput } from './load-input.ts';

const months = [month('2026-10'), month('2026-11')] as const;

/** Supporters by name, with what `changes.csv` says of each; the plan gives 500 to page p1. */
function replayed(supporter: string, changes: readonly string[], events: readonly string[] = []) {
  const bytes = (lines: readonly string[]) => Buffer.from(lines.map((line) => `${line}\n`).join(''));
  return checkInput(
    {
      writers: bytes(['user_id,name,payout_account', 'wanda,Wanda,ready']),
      resources: bytes([
        'resource_type,resource_id,owner_user_id,title',
        ...Array.from({ length: 502 }, (_, index) => `page,p${index},wanda,Page`),
      ]),
      supporters: bytes(['user_id,name,monthly_cents,renews_at_cents,payment', supporter]),
      allocations: bytes(['user_id,resource_type,resource_id,usd_cents', 'sam,page,p1,500']),
      changes: bytes(['at,user_id,resource_type,resource_id,usd_cents', ...changes]),
      events: bytes(['at,event,user_id,month,usd_cents', ...events]),
    },
    months,
  );
}

function faultsOf(supporter: string, changes: readonly string[], events: readonly string[] = []): string[] {
  try {
    replayed(supporter, changes, events);
  } catch (error) {
    if (error instanceof InputRefused) return error.faults.listed.map(describeFault);
    throw error;
  }
  return [];
}

const overBudget = (line: number, left: number, budget: number) => [
  `changes.csv, line ${line}, column usd_cents: it is over budget: ${left} of ${budget} cents are left at that moment`,
];

describe('replay', () => {
  test('A5: a change at the cutoff has the next month’s budget, a millisecond before it the old one', () => {
    const raise = (at: string) => [`${at},sam,page,p2,200`];
    expect(faultsOf('sam,Sam,600,900,ok', raise('2026-10-31T23:59:59.999Z'))).toEqual(overBudget(2, 100, 600));
    expect(faultsOf('sam,Sam,600,900,ok', raise('2026-11-01T00:00:00.000Z'))).toEqual([]);
  });

  test('A6: in a plan above a shrunken budget only lowering changes are possible', () => {
    const changes = (cents: number) => [`2026-11-02T00:00:00.000Z,sam,page,p1,${cents}`];
    expect(faultsOf('sam,Sam,600,300,ok', changes(499))).toEqual([]);
    expect(faultsOf('sam,Sam,600,300,ok', changes(501))).toEqual(overBudget(2, 0, 300));
  });

  test('E4: a renewal that fails is budget until its cutoff, in each month', () => {
    const changes = ['2026-11-30T23:59:59.999Z,sam,page,p1,600', '2026-12-01T00:00:00.000Z,sam,page,p1,700'];
    expect(faultsOf('sam,Sam,600,700,fails', changes)).toEqual([]);
  });

  test('A7: without a subscription the plan can be lowered and not raised', () => {
    const changes = ['2026-11-01T00:00:00.000Z,sam,page,p1,400', '2026-11-01T00:00:00.000Z,sam,page,p1,401'];
    expect(faultsOf('sam,Sam,600,,lapsed', changes)).toEqual(overBudget(3, 0, 0));
  });

  test('A4: a plan has at most 500 allocations', () => {
    const changes = Array.from({ length: 500 }, (_, index) => `2026-10-02T00:00:00.000Z,sam,page,p${index + 2},1`);
    const faults = faultsOf('sam,Sam,100000,,ok', changes);
    expect(faults).toEqual([expect.stringMatching(/^changes.csv, line 501, column resource_id: .* at most 500/)]);
  });

  test('plays changes in order of time, equal instants in the file’s order', () => {
    const changes = [
      '2026-10-03T00:00:00.000Z,sam,page,p2,500',
      '2026-10-02T00:00:00.000Z,sam,page,p1,0',
      '2026-10-03T00:00:00.000Z,sam,page,p2,100',
    ];
    expect(replayed('sam,Sam,500,,ok', changes).changes.map((change) => change.line)).toEqual([3, 2, 4]);
  });

  test('counts what comes after the last close and leaves it out; until then it is the next month’s', () => {
    const changes = ['2026-12-01T09:00:00.000Z,sam,page,p1,1', '2026-12-01T09:00:00.001Z,sam,page,p1,999999'];
    const { changes: kept, afterLastClose } = replayed('sam,Sam,500,,ok', changes);
    expect(kept.map((change) => change.line)).toEqual([2]);
    expect(afterLastClose).toBe(1);
  });

  test('leaves to the API what a supporter changes after an event, and judges what comes before it', () => {
    const raise = ['2026-10-05T00:00:00.000Z,subscription_changed,sam,,900'];
    const changes = ['2026-10-06T00:00:00.000Z,sam,page,p1,900', '2026-10-04T00:00:00.000Z,sam,page,p1,501'];
    expect(faultsOf('sam,Sam,500,,ok', changes, raise)).toEqual(overBudget(3, 0, 500));
  });

  test('counts events after the last close with the changes', () => {
    const events = ['2026-12-01T09:00:00.000Z,card_broken,sam,,', '2026-12-01T09:00:00.001Z,card_mended,sam,,'];
    const { events: kept, afterLastClose } = replayed('sam,Sam,500,,ok', [], events);
    expect(kept.map((event) => event.line)).toEqual([2]);
    expect(afterLastClose).toBe(1);
  });
});
