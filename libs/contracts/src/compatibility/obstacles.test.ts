import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { type JsonSchema, JsonSchemaSchema } from './json-schema.ts';
import { obstaclesOf } from './obstacles.ts';

const schemaOf = (schema: z.ZodType): JsonSchema => JsonSchemaSchema.parse(z.toJSONSchema(schema, { io: 'input' }));

/** What the reader cannot take, as `path: reason`. */
function found(written: z.ZodType, reader: z.ZodType, unknownFields: 'ignored' | 'refused' = 'ignored'): string[] {
  return obstaclesOf(schemaOf(written), schemaOf(reader), unknownFields).map(
    ({ path, reason }) => `${path}: ${reason}`,
  );
}

const cents = z.int().min(0);
const text = z.string();

describe('what was written, to a reader', () => {
  test.each([
    ['the same', z.object({ a: cents }), z.object({ a: cents })],
    ['more fields', z.object({ a: cents, b: text }), z.object({ a: cents })],
    [
      'one field less, which the reader may do without',
      z.object({ a: cents }),
      z.object({ a: cents, b: text.optional() }),
    ],
    ['a field that is filled in before it is written', z.object({ a: cents.default(0) }), z.object({ a: cents })],
    ['fewer values', z.enum(['paid']), z.enum(['paid', 'failed'])],
    ['values instead of any text', z.enum(['paid']), text],
    ['values that fit the pattern', z.literal('2026-11'), text.regex(/^\d{4}-\d{2}$/)],
    ['whole numbers, to one who takes all', cents, z.number()],
    ['narrower bounds', z.int().min(1).max(5), z.int().min(0).max(10)],
    ['more than 0, which is at least 1', z.int().positive(), z.int().min(1)],
    ['never null, to one who takes it', text, text.nullable()],
    ['one variant of two', z.object({ part: z.literal('a'), n: cents }), union()],
    ['variants in another order', z.discriminatedUnion('part', [b(), a()]), union()],
    ['a record', z.record(text, cents), z.record(text, z.int())],
    ['anything, to one who takes anything', z.unknown(), z.unknown()],
    ['another description', text.describe('one'), text.describe('other')],
  ])('takes %s', (_, written, reader) => {
    expect(found(written, reader)).toEqual([]);
  });

  test.each<[string, z.ZodType, z.ZodType, string]>([
    ['a field less', z.object({}), z.object({ a: cents }), 'a: it may be missing, and is needed'],
    [
      'a field that may be missing',
      z.object({ a: cents.optional() }),
      z.object({ a: cents }),
      'a: it may be missing, and is needed',
    ],
    ['another type', z.object({ a: text }), z.object({ a: cents }), 'a: string may come, and only integer is taken'],
    ['fractions', z.number(), cents, ': number may come, and only integer is taken'],
    ['a value more', z.enum(['paid', 'lost']), z.enum(['paid']), ': "lost" may come, and is not known'],
    ['another constant', z.literal('eur'), z.literal('usd'), ': "eur" may come, and is not known'],
    ['any text instead of values', text, z.enum(['paid']), ': any value may come, and only "paid" is known'],
    ['null', z.object({ a: text.nullable() }), z.object({ a: text }), 'a: null may come, and is not taken'],
    ['less than before', z.int(), cents, ': less than 0 may come, and is refused'],
    ['more than before', z.int().max(10), z.int().max(5), ': more than 5 may come, and is refused'],
    ['longer text', text, text.max(9), ': longer than 9 may come, and is refused'],
    ['fewer items', z.array(text), z.array(text).min(2), ': fewer than 2 may come, and is refused'],
    ['another pattern', text.regex(/^a/), text.regex(/^b/), ': something else may come than pattern "^b"'],
    ['any text instead of a uuid', text, z.uuid(), ': something else may come than format "uuid"'],
    ['other items', z.array(text), z.array(cents), '[]: string may come, and only integer is taken'],
    [
      'another field deep inside',
      z.object({ a: z.array(z.object({ b: text })) }),
      z.object({ a: z.array(z.object({ b: cents })) }),
      'a[].b: string may come, and only integer is taken',
    ],
    ['a variant more', union(), a(), '[part=b]: it may come, and is not known'],
    [
      'a variant in another shape',
      z.discriminatedUnion('part', [a(), b().omit({ text: true })]),
      union(),
      '[part=b].text: it may be missing, and is needed',
    ],
    [
      'other values of a record',
      z.record(text, z.int()),
      z.record(text, cents),
      '*: less than 0 may come, and is refused',
    ],
    ['anything', z.unknown(), text, ': anything may come, and only string is taken'],
  ])('does not give it %s', (_, written, reader, obstacle) => {
    expect(found(written, reader)).toContain(obstacle);
  });

  test('names a variant that nobody of several knows', () => {
    const three = z.discriminatedUnion('part', [a(), b(), z.object({ part: z.literal('c'), n: cents })]);
    expect(found(three, union())).toEqual(['[part=c]: it may come, and is not known']);
  });

  test('tells variants apart by their lists of values, too', () => {
    const refused = (codes: [string, ...string[]]) =>
      z.object({ outcome: z.literal('refused'), code: z.enum(codes), a: text, b: text });
    const done = z.object({ outcome: z.enum(['applied', 'unchanged']), a: text, b: text });
    const written = z.union([done, refused(['busy', 'gone', 'late'])]);
    expect(found(written, z.union([done, refused(['busy'])]))).toEqual([
      '[outcome=refused].code: "gone" may come, and is not known',
      '[outcome=refused].code: "late" may come, and is not known',
    ]);
  });

  test('gives unknown fields only to one who ignores them', () => {
    const written = z.object({ a: cents, b: text });
    const strict = z.strictObject({ a: cents });
    expect(found(written, strict, 'ignored')).toEqual([]);
    expect(found(written, strict, 'refused')).toEqual(['b: it may come, and is refused as unknown']);
    expect(found(written, z.object({ a: cents }), 'refused')).toEqual([]);
  });

  test('cannot judge a keyword of its own kind, and says so', () => {
    const reader = { type: 'integer', multipleOf: 5 };
    expect(obstaclesOf({ type: 'integer' }, reader, 'ignored')).toEqual([
      { path: '', kind: 'shape', reason: 'something else may come than multipleOf 5' },
    ]);
    expect(obstaclesOf(reader, { ...reader, description: 'in steps' }, 'ignored')).toEqual([]);
  });

  test('says of a new value of a known field that it is that', () => {
    const kinds = obstaclesOf(schemaOf(z.enum(['a', 'b'])), schemaOf(z.enum(['a'])), 'ignored').map(({ kind }) => kind);
    expect(kinds).toEqual(['value']);
  });
});

function a() {
  return z.object({ part: z.literal('a'), n: cents });
}

function b() {
  return z.object({ part: z.literal('b'), text });
}

function union() {
  return z.discriminatedUnion('part', [a(), b()]);
}
