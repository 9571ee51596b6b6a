import { describe, expect, test } from '@jest/globals';
import { earningsCalculated, fundingChanged, monthLocked, payoutSettled, scheduleChanged } from '@wewrite/contracts';
import { canBeDropped } from './park.ts';

const record = (body: unknown, headers: Record<string, string> = { ce_id: 'one' }) => ({
  value: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  headers,
});

describe('what an operator may drop', () => {
  test.each([
    ['a chunk of a month', monthLocked, { part: 'chunk' }],
    ['the closing message of a month', monthLocked, { part: 'closing' }],
    ['a writer’s month, which is counted', earningsCalculated, { part: 'writer' }],
    ['the closing message of the earnings', earningsCalculated, { part: 'closing' }],
    ['the closing message of the funding', fundingChanged, { part: 'closing' }],
    ['the end of a payout, which is counted', payoutSettled, { outcome: 'paid' }],
    ['what cannot be read and may be one of these', monthLocked, '{"part": "chu'],
    ['what cannot be read of a topic that is counted', payoutSettled, '{"outc'],
  ])('B5: not %s', (_, topic, body) => {
    expect(canBeDropped(topic, record(body))).toBe(false);
  });

  test.each([
    ['a budget, which the next version replaces', fundingChanged, record({ part: 'budget' })],
    ['what nobody counts', scheduleChanged, record('{"unreadable')],
    ['what has no id, of a topic that is counted', payoutSettled, record({ outcome: 'paid' }, {})],
    ['what has no id, and is therefore nobody’s of us', monthLocked, record('{"unreadable', {})],
  ])('but %s', (_, topic, dropped) => {
    expect(canBeDropped(topic, dropped)).toBe(true);
  });
});
