import type { PartName } from './parts.ts';

/** An act that is drawn: who will do what, and when. What exactly is drawn when the time has come, by its own name. */
export interface PlottedAct {
  readonly name: string;
  /** The business instant, ISO. */
  readonly at: string;
  readonly part: PartName;
  readonly who: string;
}
