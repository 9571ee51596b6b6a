import { v5, v7 } from 'uuid';

/** Where new ids come from; a simulation brings its own. */
export interface Ids {
  /** A UUIDv7: new things that have no cause to be named after. */
  next(): string;
}

/** Ids for production: random, in order of time. */
export const randomIds: Ids = { next: () => v7() };

const namespace = '6f2d6c1e-6f0b-5a8e-9d35-2f4a1f7d9c10';

/** A UUIDv5 of a cause: the same parts give the same id, in every process and for ever. */
export function idOfCause(...parts: readonly (string | number)[]): string {
  return v5(JSON.stringify(parts), namespace);
}
