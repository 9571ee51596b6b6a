import { describe, expect, test } from '@jest/globals';
import { earningsCalculated, fundingChanged, monthLocked, payoutSettled } from '@wewrite/contracts';
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
    ['what cannot be read and may be one of these', monthLocked, '{"part": "chu'],
  ])('B5: not %s', (_, topic, body) => {
    expect(canBeDropped(topic, record(body))).toBe(false);
  });

  test.each([
    ['a budget, which the next version replaces', fundingChanged, record({ part: 'budget' })],
    ['what is no part of a series', payoutSettled, record('{"unreadable')],
    ['what has no id, and is therefore nobody’s of us', monthLocked, record('{"unreadable', {})],
  ])('but %s', (_, topic, dropped) => {
    expect(canBeDropped(topic, dropped)).toBe(true);
  });
});
