import type { Counts } from './census.ts';
import type { Deed } from './deed.ts';
import type { FaultCounts } from './faults.ts';
import type { Plot } from './population/plot.ts';

/** What a run has found. `broken`: something that must never be was seen; `stuck`: it went on without end, or failed. */
export interface Failure {
  readonly kind: 'broken' | 'stuck';
  readonly sentence: string;
}

/** A run that is over. */
export interface Run {
  readonly plot: Plot;
  readonly deeds: readonly Deed[];
  readonly faults: FaultCounts;
  readonly counts: Counts;
  readonly failure: Failure | null;
  /** Of everything that happened, step by step: the same plot and faults give the same. */
  readonly hash: string;
  readonly steps: number;
}
