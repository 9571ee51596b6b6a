/** Any object that Stripe answers with. */
export interface StripeObject {
  id: string;
  object: string;
}

/** What a list can be filtered by. */
export type LookupValue = string | number | null | undefined;

/** One kind of object: its table, the columns that lists are filtered by, and how rows are read and written. */
export interface Collection<T extends StripeObject> {
  readonly table: string;
  readonly columns: readonly string[];
  /** The values of the columns. */
  lookupsOf(object: T): (string | number | null)[];
  decode(body: string): T;
}

/**
 * Declares a kind of object. Bodies are written only by this process, from values of type `T`, which is why
 * reading them back needs no check.
 */
export function defineCollection<T extends StripeObject>(
  table: string,
  lookups: Readonly<Record<string, (object: T) => LookupValue>> = {},
): Collection<T> {
  return {
    table,
    columns: Object.keys(lookups),
    lookupsOf: (object) => Object.values(lookups).map((lookup) => lookup(object) ?? null),
    decode: (body): T => JSON.parse(body),
  };
}
