/** Any object that Stripe answers with. */
export interface StripeObject {
  id: string;
  object: string;
}

/** One kind of object: its table, and the fields (as JSON paths into the body) that lists are filtered by. */
export interface Collection<T extends StripeObject> {
  readonly table: string;
  readonly lookups: Readonly<Record<string, string>>;
  readonly decode: (body: string) => T;
}

/**
 * Declares a kind of object. Bodies are written only by this process, from values of type `T`, which is why
 * reading them back needs no check.
 */
export function defineCollection<T extends StripeObject>(
  table: string,
  lookups: Readonly<Record<string, string>> = {},
): Collection<T> {
  return { table, lookups, decode: (body): T => JSON.parse(body) };
}
