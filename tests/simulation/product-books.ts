import type { ProductMonth } from './read-books.ts';
import type { Explained } from './read-explained.ts';
import type { StandingBooks } from './read-standing.ts';

/** The product's books as they were looked at: what stands, and of months and explanations those that were asked for. */
export interface ProductBooks extends StandingBooks {
  /** By name; null for one that is not closed. */
  readonly months: ReadonlyMap<string, ProductMonth | null>;
  readonly explained: Explained;
  /** The hourly sweeps have been here since Stripe last moved anything: what is available by now is known to be so. */
  readonly isSwept: boolean;
}
