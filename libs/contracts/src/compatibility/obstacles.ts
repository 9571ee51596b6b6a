import { isDeepStrictEqual } from 'node:util';
import { alternativesOf, discriminatorOf, type JsonSchema, presentIn, typeOf, valuesOf } from './json-schema.ts';

/** Something that may be written and that a reader does not take. */
export interface Obstacle {
  /** Where in the value, e.g. `[part=chunk].totals.lines`; empty for the value itself. */
  readonly path: string;
  /** `value`: one that the reader does not know, of a field that it knows. */
  readonly kind: 'field' | 'value' | 'shape';
  readonly reason: string;
}

/** What a reader does with fields that it does not know: consumers and clients ignore them, requests with them are refused. */
export type UnknownFields = 'ignored' | 'refused';

interface Pair {
  readonly path: string;
  readonly written: JsonSchema;
  readonly reader: JsonSchema;
  readonly unknownFields: UnknownFields;
}

/**
 * Everything that `written` allows and `reader` does not take: nothing where each value of the one is one of the other.
 * What cannot be judged (a changed pattern, a keyword of its own kind) is an obstacle, too.
 */
export function obstaclesOf(written: JsonSchema, reader: JsonSchema, unknownFields: UnknownFields): Obstacle[] {
  return compare({ path: '', written, reader, unknownFields });
}

function compare(pair: Pair): Obstacle[] {
  if (isDeepStrictEqual(pair.written, pair.reader)) return [];
  const written = alternativesOf(pair.written);
  const readers = alternativesOf(pair.reader);
  const [one, other] = [written[0], readers[0]];
  if (written.length === 1 && readers.length === 1 && one !== undefined && other !== undefined) {
    return compareOne({ ...pair, written: one, reader: other });
  }
  const discriminator = discriminatorOf(written) ?? discriminatorOf(readers);
  const variantsOf = ({ properties }: JsonSchema) => valuesOf(properties?.[discriminator ?? ''] ?? {});
  return written.flatMap((alternative) => {
    const variants = variantsOf(alternative);
    const alike = readers.filter((reader) => isTaken(typeOf(alternative), typeOf(reader)));
    if (variants === null) return compareWithLikeliest({ ...pair, written: alternative }, alike);
    const path = `${pair.path}[${discriminator}=${variants.join('|')}]`;
    const same = alike.filter((reader) => variantsOf(reader)?.some((value) => variants.includes(value)));
    if (same.length === 0) return [obstacle({ path }, 'shape', 'it may come, and is not known')];
    return compareWithLikeliest({ ...pair, path, written: alternative }, same);
  });
}

/** What the reader's alternative that is most like the written one does not take. */
function compareWithLikeliest(pair: Pair, readers: readonly JsonSchema[]): Obstacle[] {
  const tries = readers.map((reader) => compareOne({ ...pair, reader }));
  const [best] = tries.toSorted((one, other) => one.length - other.length);
  return best ?? [obstacle(pair, 'shape', `${wordsOf(pair.written)} may come, and is not taken`)];
}

function compareOne(pair: Pair): Obstacle[] {
  const { written, reader } = pair;
  if (!isTaken(typeOf(written), typeOf(reader))) {
    return [obstacle(pair, 'shape', `${wordsOf(written)} may come, and only ${wordsOf(reader)} is taken`)];
  }
  return [...valueObstacles(pair), ...boundObstacles(pair), ...otherObstacles(pair), ...insideObstacles(pair)];
}

function isTaken(written: string | null, reader: string | null): boolean {
  return reader === null || written === reader || (written === 'integer' && reader === 'number');
}

function valueObstacles(pair: Pair): Obstacle[] {
  const known = valuesOf(pair.reader);
  if (known === null) return [];
  const written = valuesOf(pair.written);
  const list = known.map((value) => JSON.stringify(value)).join(', ');
  if (written === null) return [obstacle(pair, 'value', `any value may come, and only ${list} is known`)];
  const unknown = written.filter((value) => !known.some((one) => isDeepStrictEqual(one, value)));
  return unknown.map((value) => obstacle(pair, 'value', `${JSON.stringify(value)} may come, and is not known`));
}

const floors = { minimum: 'less than', minLength: 'shorter than', minItems: 'fewer than' } as const;
const ceilings = { maximum: 'more than', maxLength: 'longer than', maxItems: 'more than' } as const;

function boundObstacles(pair: Pair): Obstacle[] {
  // Listed values are within whatever bounds they were given.
  if (valuesOf(pair.written) !== null) return [];
  const found: Obstacle[] = [];
  for (const [keyword, words] of Object.entries(floors)) {
    const needed = boundOf(pair.reader, keyword, -Infinity);
    if (boundOf(pair.written, keyword, -Infinity) < needed)
      found.push(obstacle(pair, 'shape', `${words} ${needed} may come, and is refused`));
  }
  for (const [keyword, words] of Object.entries(ceilings)) {
    const needed = boundOf(pair.reader, keyword, Infinity);
    if (boundOf(pair.written, keyword, Infinity) > needed)
      found.push(obstacle(pair, 'shape', `${words} ${needed} may come, and is refused`));
  }
  return found;
}

/** A bound of what is taken. Of whole numbers, "more than 0" is "at least 1". */
function boundOf(schema: JsonSchema, keyword: string, none: number): number {
  const bound = schema[keyword];
  if (typeof bound === 'number') return bound;
  const step = typeOf(schema) === 'integer' ? 1 : 0;
  if (keyword === 'minimum' && typeof schema.exclusiveMinimum === 'number') return schema.exclusiveMinimum + step;
  if (keyword === 'maximum' && typeof schema.exclusiveMaximum === 'number') return schema.exclusiveMaximum - step;
  return none;
}

const judgedElsewhere = new Set([
  ...Object.keys({ ...floors, ...ceilings }),
  ...['type', 'enum', 'const', 'exclusiveMinimum', 'exclusiveMaximum'],
  ...['properties', 'required', 'additionalProperties', 'items', 'anyOf', 'oneOf'],
]);
const says = new Set(['$id', '$schema', 'title', 'description', 'default', 'examples', 'deprecated', '$comment']);

/** Keywords that only a reader with the very same one is sure to take. */
function otherObstacles(pair: Pair): Obstacle[] {
  const { written, reader } = pair;
  // A format has a pattern of its own: one obstacle is enough.
  const isOtherFormat = reader.format !== undefined && reader.format !== written.format;
  const asked = Object.keys(reader).filter((keyword) => {
    if (judgedElsewhere.has(keyword) || says.has(keyword) || keyword.startsWith('x-')) return false;
    if (keyword === 'pattern' && (isOtherFormat || allMatch(valuesOf(written), reader.pattern))) return false;
    return !isDeepStrictEqual(written[keyword], reader[keyword]);
  });
  return asked.map((keyword) =>
    obstacle(pair, 'shape', `something else may come than ${keyword} ${JSON.stringify(reader[keyword]).slice(0, 60)}`),
  );
}

function allMatch(values: readonly unknown[] | null, pattern: unknown): boolean {
  return values?.every((value) => new RegExp(String(pattern)).test(String(value))) ?? false;
}

function insideObstacles(pair: Pair): Obstacle[] {
  const { written, reader, path } = pair;
  if (typeOf(reader) === 'object') return fieldObstacles(pair);
  if (reader.items === undefined) return [];
  return compare({ ...pair, path: `${path}[]`, written: written.items ?? {}, reader: reader.items });
}

function fieldObstacles(pair: Pair): Obstacle[] {
  const { written, reader, path } = pair;
  const inside = path === '' ? '' : `${path}.`;
  const present = presentIn(written);
  const missing = (reader.required ?? []).filter((name) => !present.has(name));
  const known = Object.entries(reader.properties ?? {}).flatMap(([name, taken]) => {
    const given = written.properties?.[name] ?? othersOf(written);
    return given === null ? [] : compare({ ...pair, path: `${inside}${name}`, written: given, reader: taken });
  });
  const others = Object.entries({ ...written.properties, '*': othersOf(written) }).flatMap(([name, given]) => {
    if (given === null || Object.hasOwn(reader.properties ?? {}, name)) return [];
    const at = { ...pair, path: `${inside}${name}`, written: given };
    const taken = othersOf(reader);
    if (taken !== null) return compare({ ...at, reader: taken });
    if (pair.unknownFields === 'ignored' || reader.additionalProperties !== false) return [];
    return [obstacle(at, 'field', 'it may come, and is refused as unknown')];
  });
  const needed = missing.map((name) =>
    obstacle({ ...pair, path: `${inside}${name}` }, 'field', 'it may be missing, and is needed'),
  );
  return [...needed, ...known, ...others];
}

/** What the fields are that a schema does not name, as in a record; null where it says nothing of them. */
function othersOf({ additionalProperties }: JsonSchema): JsonSchema | null {
  return typeof additionalProperties === 'object' ? additionalProperties : null;
}

function wordsOf(schema: JsonSchema): string {
  return typeOf(schema) ?? 'anything';
}

function obstacle({ path }: Pick<Pair, 'path'>, kind: Obstacle['kind'], reason: string): Obstacle {
  return { path, kind, reason };
}
