import type { Act } from '../deed.ts';

/** Something that Stripe says was so, and when. `name` is its own: each fact is told once. */
export interface Fact {
  readonly name: string;
  readonly atMs: number;
  readonly act: Act;
}
