import { isMap } from './form.ts';

/** What a parameter may be, in a form (texts in nested maps, lists with the keys 0, 1, …) as well as in JSON. */
export type Shape =
  | 'text'
  | 'number'
  | 'flag'
  /** `null` in JSON, an empty text in a form: unsets something. */
  | 'nothing'
  | { readonly words: readonly string[] }
  | { readonly list: Shape }
  | { readonly map: Shape }
  | { readonly fields: Readonly<Record<string, Shape>>; readonly required: readonly string[] }
  | { readonly either: readonly Shape[] };

const plainShapes: ReadonlySet<unknown> = new Set(['text', 'number', 'flag', 'nothing']);

/** Whether a value, read from JSON, is a shape. By hand: some are so large that a schema takes a tenth of a second. */
export function isShape(value: unknown): value is Shape {
  if (!isMap(value)) return plainShapes.has(value);
  const { words, list, map, fields, required, either } = value;
  if (Array.isArray(words)) return areTexts(words);
  if (Array.isArray(either)) return either.every(isShape);
  if (isMap(fields)) return Object.values(fields).every(isShape) && Array.isArray(required) && areTexts(required);
  return isShape(list ?? map);
}

function areTexts(values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === 'string');
}

/** Why a value has not the shape, with its place: `items[0][color] is unknown`. Null when it has. */
export function misfitOf(shape: Shape, value: unknown, place = ''): string | null {
  const wrong = (what: string) => `${place || 'what was sent'} ${what}`;
  if (typeof shape === 'string') return isPlain(shape, value) ? null : wrong(`is no ${shape}`);
  if ('words' in shape)
    return shape.words.includes(String(value)) ? null : wrong(`is none of ${shape.words.join(', ')}`);
  if ('either' in shape) return misfitOfAll(shape.either, value, place);
  if ('list' in shape) {
    const elements = elementsOf(value);
    return elements === null ? wrong('is no list') : firstMisfit(elements.entries(), () => shape.list, place);
  }
  if (!isMap(value)) return wrong('is no map');
  if ('map' in shape) return firstMisfit(Object.entries(value), () => shape.map, place);
  const missing = shape.required.find((name) => value[name] === undefined);
  if (missing !== undefined) return `${inside(place, missing)} is missing`;
  const { fields } = shape;
  return firstMisfit(Object.entries(value), (name) => (Object.hasOwn(fields, name) ? fields[name] : undefined), place);
}

function isPlain(shape: 'text' | 'number' | 'flag' | 'nothing', value: unknown): boolean {
  switch (shape) {
    case 'text':
      return typeof value === 'string';
    case 'number':
      return typeof value === 'number' || (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value));
    case 'flag':
      return typeof value === 'boolean' || value === 'true' || value === 'false';
    case 'nothing':
      return value === null || value === '';
  }
}

/** Of several shapes, the one is told of that the value comes nearest to: whose misfit lies deepest. */
function misfitOfAll(shapes: readonly Shape[], value: unknown, place: string): string | null {
  const misfits = shapes.map((shape) => misfitOf(shape, value, place));
  if (misfits.includes(null)) return null;
  const depthOf = (misfit: string | null) => misfit?.split('[').length ?? 0;
  return misfits.reduce(
    (deepest, misfit) => (depthOf(misfit) > depthOf(deepest) ? misfit : deepest),
    misfits[0] ?? null,
  );
}

function firstMisfit(
  entries: Iterable<readonly [number | string, unknown]>,
  shapeOf: (name: string) => Shape | undefined,
  place: string,
): string | null {
  for (const [name, value] of entries) {
    const shape = shapeOf(String(name));
    const misfit =
      shape === undefined ? `${inside(place, name)} is unknown` : misfitOf(shape, value, inside(place, name));
    if (misfit !== null) return misfit;
  }
  return null;
}

/** The elements of a list, in JSON or in a form; null for what is none. */
function elementsOf(value: unknown): readonly unknown[] | null {
  if (Array.isArray(value)) return value;
  if (!isMap(value)) return null;
  return Object.keys(value).every((key, index) => key === String(index)) ? Object.values(value) : null;
}

function inside(place: string, name: string | number): string {
  return place === '' ? String(name) : `${place}[${name}]`;
}
