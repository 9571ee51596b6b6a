import type { MonthProgress, StepProgress } from '@wewrite/contracts';
import { bar, count } from '../printer.ts';

const nameWidth = 16;
const secondMs = 1_000;

/** One line a step: `lock            ████░░░░ 120 of 360, 40/s, 6 s left`. */
export function stepLines({ steps }: Pick<MonthProgress, 'steps'>): string[] {
  return steps.map((step) => {
    const counts = step.expected === null ? step.state : bar(step.done, step.expected);
    const funds = step.state === 'waiting_for_funds' ? ' waiting for funds' : '';
    return `${step.step.padEnd(nameWidth)}${counts}${funds}${paceOf(step)}`;
  });
}

/** How fast a step is, and for how long it will still go on at that rate; nothing where that cannot be told. */
function paceOf({ done, expected, durationMs }: StepProgress): string {
  if (done === 0 || durationMs === null || durationMs === 0) return '';
  const perSecond = (done / durationMs) * secondMs;
  const rate = `, ${perSecond < 10 ? perSecond.toFixed(1) : count(Math.round(perSecond))}/s`;
  if (expected === null || done >= expected) return rate;
  return `${rate}, ${durationOf(Math.ceil((expected - done) / perSecond))} left`;
}

/** `48 s`, `3 min 20 s`, `2 h 5 min` */
function durationOf(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${seconds} s`;
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
