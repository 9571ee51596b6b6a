import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { JsonSchemaSchema } from '../compatibility/json-schema.ts';
import { MonthSchema } from '../month.ts';
import { schemaRowsOf } from './schema-rows.ts';

const rowsOf = (schema: z.ZodType) =>
  schemaRowsOf(JsonSchemaSchema.parse(z.toJSONSchema(schema, { io: 'input' }))).map(
    ({ path, type, isRequired }) => `${path}${isRequired ? '' : '?'}: ${type}`,
  );

test('a schema for people: each field with its path, its type and whether it is needed', () => {
  const line = z.object({ cents: z.int().min(0), note: z.string().max(80).nullable() });
  const schema = z.object({
    id: z.uuid(),
    month: MonthSchema,
    state: z.enum(['held', 'released']),
    lines: z.array(line),
    names: z.array(z.string()).optional(),
    sums: z.record(z.string(), z.int()),
    count: z.int().positive(),
  });
  expect(rowsOf(schema)).toEqual([
    'id: UUID',
    'month: month, YYYY-MM',
    'state: `"held"`, `"released"`',
    'lines: list of object',
    'lines[].cents: whole number, ≥ 0',
    'lines[].note: text, at most 80 long or null',
    'names?: list of text',
    'sums: object',
    'sums.*?: whole number',
    'count: whole number, > 0',
  ]);
});
