import type Stripe from 'stripe';

/**
 * A Stripe object as it lies in the database and goes over the wire: expandable fields are ids, decimals are
 * strings. Deriving it from the SDK's types lets the compiler check our answers against the pinned API version.
 */
export type Stored<T> = string extends T ? Exclude<T, object> : StoredMember<T>;

type StoredMember<T> = T extends Stripe.Decimal
  ? string
  : T extends ReadonlyArray<infer Element>
    ? Stored<Element>[]
    : T extends object
      ? { [Key in keyof T]: Stored<T[Key]> }
      : T;
