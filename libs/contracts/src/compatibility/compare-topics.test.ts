import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { jsonSchemaOf } from '../topics/json-schema.ts';
import { defineTopic, type Topic } from '../topics/topic.ts';
import { compareContracts, contractsOf } from './index.ts';

const fields = { userId: z.string(), outcome: z.enum(['paid', 'failed']), netCents: z.int().min(0) };
const example = { userId: 'ben', outcome: 'paid', netCents: 5 };

/** A topic that payouts says and billing and monitoring hear. */
function topic(schema: z.ZodType = z.object(fields), changes: Partial<Topic> = {}): Topic {
  return defineTopic({
    name: 'payout.settled',
    summary: 'The outcome of a payout.',
    key: 'userId',
    owners: ['payouts'],
    hearers: ['billing', 'monitoring'],
    schema,
    ...changes,
  });
}

const contracts = (...topics: readonly Topic[]) =>
  contractsOf(
    Object.fromEntries(
      topics.flatMap((one) => [
        [`${one.name}/schema.json`, jsonSchemaOf(one)],
        [`${one.name}/paid.json`, example],
      ]),
    ),
  );

function changes(before: Topic, now: Topic): string[] {
  const refusalOf = (_: string, body: unknown) => now.schema.safeParse(body).error?.issues[0]?.message ?? null;
  return compareContracts(contracts(before), contracts(now), refusalOf).map(
    ({ severity, sentence, hits }) => `${severity}: ${sentence} [${hits.join(' ')}]`,
  );
}

const byOld = 'by consumers of the old contract, when the new is said [billing monitoring]';
const byNew = 'by consumers of the new contract, in messages of the old (kept for 14 days) [billing monitoring]';
const shaped = (shape: z.ZodRawShape) => topic(z.object({ ...fields, ...shape }));

describe('a topic as it was, and as it is', () => {
  test('Contracts: nothing has changed', () => {
    expect(changes(topic(), topic())).toEqual([]);
  });

  test('Contracts: an optional field more is a note, a needed one breaks who reads what is kept', () => {
    expect(changes(topic(), shaped({ reason: z.string().optional() }))).toEqual([
      'note: its schema has grown, and nobody is hit by it [billing monitoring]',
    ]);
    expect(changes(topic(), shaped({ reason: z.string().default('none') }))).toHaveLength(1);
    expect(changes(topic(), shaped({ reason: z.string() }))).toEqual([
      `breaking: reason: it may be missing, and is needed ${byNew}`,
    ]);
  });

  test('Contracts: a field less, or one that may be missing now, breaks who is not yet deployed', () => {
    const missing = `breaking: netCents: it may be missing, and is needed ${byOld}`;
    const { netCents: _, ...rest } = fields;
    expect(changes(topic(), topic(z.object(rest)))).toEqual([missing]);
    expect(changes(topic(), shaped({ netCents: fields.netCents.optional() }))).toEqual([missing]);
    expect(changes(shaped({ netCents: fields.netCents.optional() }), topic(z.object(rest)))).toEqual([
      'note: its schema has grown, and nobody is hit by it [billing monitoring]',
    ]);
  });

  test('Contracts: another type breaks both', () => {
    expect(changes(topic(), shaped({ netCents: z.string() }))).toEqual([
      `breaking: netCents: string may come, and only integer is taken ${byOld}`,
      `breaking: netCents: integer may come, and only string is taken ${byNew}`,
    ]);
  });

  test('Contracts: a value more breaks old consumers, a value less breaks who reads what is kept', () => {
    const more = shaped({ outcome: z.enum(['paid', 'failed', 'returned']) });
    expect(changes(topic(), more)).toEqual([`breaking: outcome: "returned" may come, and is not known ${byOld}`]);
    expect(changes(more, topic())).toEqual([`breaking: outcome: "returned" may come, and is not known ${byNew}`]);
  });

  test('Contracts: looser bounds break old consumers, tighter ones who reads what is kept', () => {
    const signed = shaped({ netCents: z.int() });
    expect(changes(topic(), signed)).toEqual([`breaking: netCents: less than 0 may come, and is refused ${byOld}`]);
    expect(changes(signed, topic())).toEqual([`breaking: netCents: less than 0 may come, and is refused ${byNew}`]);
  });

  test('Contracts: a variant more breaks old consumers, a variant less who reads what is kept', () => {
    const budget = z.object({ part: z.literal('budget'), ...fields });
    const one = topic(z.discriminatedUnion('part', [budget]));
    const two = topic(z.discriminatedUnion('part', [budget, z.object({ part: z.literal('closing') })]));
    expect(changes(one, two)).toContain(`breaking: [part=closing]: it may come, and is not known ${byOld}`);
    expect(changes(two, one)).toContain(`breaking: [part=closing]: it may come, and is not known ${byNew}`);
  });

  test('Contracts: a rule that JSON Schema cannot say is found by the golden examples', () => {
    const even = fields.netCents.refine((cents) => cents % 2 === 0, { error: 'odd' });
    expect(changes(topic(), shaped({ netCents: even }))).toEqual([
      'breaking: the golden example payout.settled/paid.json is no message any more: odd [billing monitoring]',
    ]);
  });

  test('Contracts: a topic that is gone or renamed breaks its hearers; a new one breaks nobody', () => {
    const renamed = topic(z.object(fields), { name: 'payout.done' });
    expect(changes(topic(), renamed)).toEqual([
      'breaking: it is renamed to payout.done: who hears it gets nothing any more [billing monitoring]',
      'note: it is new [billing monitoring]',
    ]);
    expect(compareContracts(contracts(topic()), contracts(), () => null)).toEqual([
      {
        severity: 'breaking',
        contract: 'topic payout.settled',
        sentence: 'it is gone: who hears it gets nothing any more',
        owners: ['payouts'],
        hits: ['billing', 'monitoring'],
      },
    ]);
  });

  test.each<[string, Partial<Topic>, string]>([
    ['another key', { key: 'payout id' }, 'breaking: key userId → payout id: messages of one key are in order no more'],
    ['fewer partitions', { partitions: 6 }, 'breaking: partitions 12 → 6: Kafka takes none away'],
    [
      'more partitions',
      { partitions: 24 },
      'breaking: partitions 12 → 24: keys move, and their messages may overtake each other',
    ],
    [
      'another encoding',
      { encoding: 'json+zstd' },
      'breaking: encoding json → json+zstd: old consumers cannot read it',
    ],
    [
      'less retention',
      { retentionDays: 7 },
      'breaking: retention 14 → 7 days: who was away for longer misses messages',
    ],
    ['more retention', { retentionDays: 40 }, 'note: retention 14 → 40 days'],
    ['another owner', { owners: ['payouts', 'billing'] }, 'note: owners payouts → payouts, billing'],
  ])('Contracts: %s', (_, change, sentence) => {
    expect(changes(topic(), topic(z.object(fields), change))).toEqual([`${sentence} [billing monitoring]`]);
  });

  test('Contracts: who hears it no more is hit by what changes together with that', () => {
    const { netCents: _, ...rest } = fields;
    expect(changes(topic(), topic(z.object(rest), { hearers: ['monitoring'] }))).toEqual([
      `breaking: netCents: it may be missing, and is needed ${byOld}`,
      'note: hearers billing, monitoring → monitoring [billing monitoring]',
    ]);
  });
});
