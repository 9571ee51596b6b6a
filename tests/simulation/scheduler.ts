import { createHash } from 'node:crypto';
import { chanceOf } from './population/chance.ts';
import { earlier, type SimulatedTime } from './simulated-time.ts';

/** One thing that can happen next. */
export interface Step {
  readonly name: string;
  /** Does it, to the end; says what came of it. */
  readonly run: () => Promise<string>;
}

/** Where steps come from. */
export interface Source {
  /** What can happen now. */
  steps(): readonly Step[];
  /** When something can happen that cannot now, in technical time; null when nothing waits. */
  nextMs(): number | null;
  /** What is not done, as words; asked when nothing can happen. It is looked at again after time has passed. */
  outstanding(): Promise<readonly string[]>;
}

/** Whether what is waited for has come; asked after each step, by its name. */
export type IsEnough = (step: string) => Promise<boolean>;

/** Who chooses what happens next. */
export interface Scheduler {
  /** Lets one thing happen; false when nothing can. */
  step(): Promise<boolean>;
  /**
   * Lets things happen and time pass until nothing is outstanding, or until `isEnough` says so, which is asked after each
   * step by its name. Throws, saying what is outstanding, when that takes too long.
   */
  settle(isEnough?: IsEnough): Promise<void>;
  /** Writes down what did not come from a source: a move of the clock, an act. */
  note(line: string): void;
  readonly log: StepLog;
}

/** All that has happened, in order: the same for the same seed. */
export interface StepLog {
  readonly lines: readonly string[];
  hash(): string;
}

const shortestJumpMs = 1_000;
const longestJumpMs = 60 * 60 * 1_000;
/** Enough for a payout that Stripe fails each time: after a hundred tries it is left to an operator. */
const mostJumps = 1_200;
const mostSteps = 20_000;

/** Draws from the seed which of the sources' steps comes next; each ends before the next begins. */
export function schedulerOf(seed: number, time: SimulatedTime, sources: readonly Source[]): Scheduler {
  const chance = chanceOf(seed, 'scheduler');
  const lines: string[] = [];
  const note = (line: string) => void lines.push(`${lines.length} ${time.now().toISOString()} ${line}`);

  const takeStep = async () => {
    const steps = sources.flatMap((source) => source.steps());
    if (steps.length === 0) return null;
    const { name, run } = chance.pick(steps);
    note(`${name}: ${await run()}`);
    return name;
  };
  const nextMs = () => sources.reduce((next, source) => earlier(next, source.nextMs()), time.nextMs());
  const outstanding = async () => {
    const parts: string[] = [];
    for (const source of sources) parts.push(...(await source.outstanding()));
    return parts;
  };
  const settle = async (isEnough: IsEnough = untilNothingIs) => {
    let steps = 0;
    for (let jumps = 0, jumpMs = shortestJumpMs; ; jumps++) {
      const before = steps;
      for (let taken = await takeStep(); taken !== null; taken = await takeStep()) {
        if (await isEnough(taken)) return;
        if (++steps > mostSteps) throw new Error(`${mostSteps} steps, and still more`);
      }
      const left = await outstanding();
      if (left.length === 0) return;
      if (jumps > mostJumps) throw new Error(`nothing settles: ${left.join('; ')}`);
      jumpMs = steps > before + left.length ? shortestJumpMs : Math.min(2 * jumpMs, longestJumpMs);
      const soonest = time.nowMs() + jumpMs;
      time.passTo(earlier(nextMs(), soonest) ?? soonest);
    }
  };
  const step = async () => (await takeStep()) !== null;
  return { step, settle, note, log: { lines, hash: () => hashOf(lines) } };
}

const untilNothingIs: IsEnough = async () => false;

function hashOf(lines: readonly string[]): string {
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}
