import { byBytes } from './oracle/arithmetic.ts';

/** Something that has a value by the deeds and one in the product. */
export interface Pair {
  /** Whose it is, e.g. `2026-11 writer wim`. */
  readonly of: string;
  readonly what: string;
  readonly byDeeds: Value;
  readonly inProduct: Value;
  readonly service: string;
}

/** An amount, a word, or null where one side has nothing. */
export type Value = number | string | null;

/** Each named field of each entry, in order of the entries' keys. An entry that one side lacks differs as a whole. */
export function* fields<Name extends string>(sides: {
  readonly of: (key: string) => string;
  readonly service: string;
  readonly expected: ReadonlyMap<string, Readonly<Record<NoInfer<Name>, Value>>>;
  readonly found: ReadonlyMap<string, Readonly<Record<NoInfer<Name>, Value>>>;
  readonly names: Readonly<Record<Name, string>>;
}): Generator<Pair> {
  const { of, service, expected, found, names } = sides;
  const keys = new Set([...expected.keys(), ...found.keys()]);
  for (const key of [...keys].sort(byBytes)) {
    const [left, right] = [expected.get(key), found.get(key)];
    for (const name in names) {
      const [byDeeds, inProduct] = [left?.[name] ?? null, right?.[name] ?? null];
      yield { of: of(key), what: names[name], byDeeds, inProduct, service };
    }
  }
}
