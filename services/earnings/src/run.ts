import type { Run } from '@wewrite/contracts';

/**
 * The stages of a run, in order: lines arrive; their indexes are made; writers' months are calculated; they are said; so is
 * what is known by then to be taken back of them; done. Each stage after the first is worked off in steps that commit, so a
 * crash goes on where it was.
 */
export type RunState = 'collecting' | 'indexing' | 'calculating' | 'announcing' | 'reversing' | 'calculated';

/** A run that the calculation has work for. */
export interface UnfinishedRun {
  readonly run: Run;
  readonly state: Exclude<RunState, 'collecting' | 'calculated'>;
  /** Writers up to this one, in byte order, are done in the stage; before the first: ''. */
  readonly afterUserId: string;
  readonly feeBasisPoints: number;
  readonly traceparent: string | null;
}
