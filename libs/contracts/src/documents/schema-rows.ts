import { z } from 'zod';
import { alternativesOf, type JsonSchema, typeOf, valuesOf } from '../compatibility/json-schema.ts';
import { MonthSchema } from '../month.ts';

/** A field of a schema, for people. */
export interface SchemaRow {
  /** `totals.lines`; `[]` for each entry of a list, `*` for each name of a record. */
  readonly path: string;
  /** `whole number ≥ 0`, `one of "paid", "failed"`… */
  readonly type: string;
  readonly isRequired: boolean;
}

/** The fields of a schema and of what is inside of them, in their order; of a union, one member after the other. */
export function schemaRowsOf(schema: JsonSchema): SchemaRow[] {
  return alternativesOf(schema).flatMap((alternative) => fieldsIn(alternative, ''));
}

function fieldsIn(schema: JsonSchema, inside: string): SchemaRow[] {
  const { additionalProperties: others } = schema;
  const named = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const isRequired = schema.required?.includes(name) ?? false;
    return [{ path: `${inside}${name}`, type: wordsOf(field), isRequired }, ...rowsInside(field, `${inside}${name}`)];
  });
  const isRecord = typeof others === 'object' && Object.keys(others).length > 0;
  return isRecord ? [...named, { path: `${inside}*`, type: wordsOf(others), isRequired: false }] : named;
}

function rowsInside(field: JsonSchema, path: string): SchemaRow[] {
  return alternativesOf(field).flatMap((alternative) => {
    if (alternative.items !== undefined) return rowsInside(alternative.items, `${path}[]`);
    return fieldsIn(alternative, `${path}.`);
  });
}

const formats: Readonly<Record<string, string>> = { 'date-time': 'instant', uuid: 'UUID', hex: 'hexadecimal text' };
const names: Readonly<Record<string, string>> = { string: 'text', integer: 'whole number', boolean: 'true or false' };

const monthPattern = z.toJSONSchema(MonthSchema, { io: 'input' }).pattern;

function wordsOf(schema: JsonSchema): string {
  return [...new Set(alternativesOf(schema).map(wordsOfOne))].join(' or ');
}

function wordsOfOne(schema: JsonSchema): string {
  const values = valuesOf(schema);
  if (values !== null) return values.map((value) => `\`${JSON.stringify(value)}\``).join(', ');
  if (schema.items !== undefined) return `list of ${wordsOf(schema.items)}`;
  if (schema.pattern === monthPattern) return 'month, YYYY-MM';
  const type = typeOf(schema) ?? 'anything';
  const name = formats[String(schema.format)] ?? names[type] ?? type;
  return [name, ...boundsOf(schema)].join(', ');
}

function boundsOf(schema: JsonSchema): string[] {
  const { minimum, exclusiveMinimum, maximum, minLength, maxLength } = schema;
  const safe = Number.MAX_SAFE_INTEGER;
  return [
    ...(typeof minimum === 'number' && minimum !== -safe ? [`≥ ${minimum}`] : []),
    ...(typeof exclusiveMinimum === 'number' ? [`> ${exclusiveMinimum}`] : []),
    ...(typeof maximum === 'number' && maximum !== safe ? [`≤ ${maximum}`] : []),
    ...(typeof minLength === 'number' ? [`at least ${minLength} long`] : []),
    ...(typeof maxLength === 'number' ? [`at most ${maxLength} long`] : []),
  ];
}
