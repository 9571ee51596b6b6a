import { z } from 'zod';

/** A JSON Schema (2020-12) as far as contracts are compared by it; other keywords are compared as they are. */
export interface JsonSchema {
  readonly type?: string | readonly string[] | undefined;
  readonly properties?: Readonly<Record<string, JsonSchema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly additionalProperties?: boolean | JsonSchema | undefined;
  readonly items?: JsonSchema | undefined;
  readonly anyOf?: readonly JsonSchema[] | undefined;
  readonly oneOf?: readonly JsonSchema[] | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly $ref?: string | undefined;
  readonly [keyword: string]: unknown;
}

/** Reads a JSON Schema from a document. */
export const JsonSchemaSchema: z.ZodType<JsonSchema> = z.lazy(() =>
  z.looseObject({
    type: z.union([z.string(), z.array(z.string())]).optional(),
    properties: z.record(z.string(), JsonSchemaSchema).optional(),
    required: z.array(z.string()).optional(),
    additionalProperties: z.union([z.boolean(), JsonSchemaSchema]).optional(),
    items: JsonSchemaSchema.optional(),
    anyOf: z.array(JsonSchemaSchema).optional(),
    oneOf: z.array(JsonSchemaSchema).optional(),
    enum: z.array(z.unknown()).optional(),
    $ref: z.string().optional(),
  }),
);

/** The shapes of which a value has one: the members of a union, or the schema itself. */
export function alternativesOf(schema: JsonSchema): readonly JsonSchema[] {
  const members = schema.anyOf ?? schema.oneOf;
  if (members !== undefined) return members.flatMap(alternativesOf);
  const { type } = schema;
  return Array.isArray(type) ? type.map((one: string) => ({ ...schema, type: one })) : [schema];
}

/** The type of the values of a schema that is no union; null where it is any. */
export function typeOf(schema: JsonSchema): string | null {
  if (typeof schema.type === 'string') return schema.type;
  const [first] = valuesOf(schema) ?? [];
  return first === undefined ? null : jsonTypeOf(first);
}

/** The only values that a schema takes; null where it does not list them. */
export function valuesOf(schema: JsonSchema): readonly unknown[] | null {
  return 'const' in schema ? [schema.const] : (schema.enum ?? null);
}

/** The properties that a value surely has: those with a default are filled in before a message is said. */
export function presentIn(schema: JsonSchema): ReadonlySet<string> {
  const filled = Object.entries(schema.properties ?? {}).filter(([, property]) => 'default' in property);
  return new Set([...(schema.required ?? []), ...filled.map(([name]) => name)]);
}

/** The property whose values tell the objects of a union apart, e.g. `part`; null where there is none. */
export function discriminatorOf(alternatives: readonly JsonSchema[]): string | null {
  const objects = alternatives.map(({ properties }) => properties).filter((properties) => properties !== undefined);
  const names = Object.keys(objects[0] ?? {}).filter((name) => {
    const values = objects.map((properties) => valuesOf(properties[name] ?? {}));
    const all = values.flatMap((some) => some ?? []);
    return objects.length > 1 && !values.includes(null) && new Set(all).size === all.length;
  });
  return names[0] ?? null;
}

function jsonTypeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
