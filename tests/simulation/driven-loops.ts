import type { ServiceName } from '@wewrite/contracts';
import { backoffMs, type Driver, type Loop } from '@wewrite/service-kit';
import type { Life, Watcher } from './life.ts';
import type { Source, Step } from './scheduler.ts';
import { earlier, type SimulatedTime } from './simulated-time.ts';

/** The background work of all instances, their relays included. */
export interface DrivenLoops extends Source {
  /** Takes over the loops of one instance. */
  driverFor(service: ServiceName, life: Life): Driver;
  /** Once something of the service's has changed, its loops may have something due, and once it says something, its relays. */
  watcherOf(service: ServiceName): Watcher;
  /** Asks the loops whether the clock has made something due, and wakes those that say so. */
  clockMoved(): Promise<void>;
}

interface DrivenLoop {
  readonly service: ServiceName;
  readonly life: Life;
  readonly loop: Loop;
  isAwake: boolean;
  /** It has taken a step since it was last asked whether it has something due. */
  hasLooked: boolean;
  steps: number;
  failures: number;
  /** After a failure: not before. */
  notBeforeMs: number;
}

/**
 * Loops that run when a scheduler says so. One that has found nothing sleeps until it is woken; or, if it has something
 * due all the same, as when its work waits for its time or came from another replica, until time has passed.
 */
export function drivenLoops(time: SimulatedTime): DrivenLoops {
  const loops = new Set<DrivenLoop>();
  const changedServices = new Set<ServiceName>();
  /** Loops that had something due when nothing could happen, and when that was. */
  const waiting = new Map<DrivenLoop, number>();

  const isLookedAt = (driven: DrivenLoop) =>
    !driven.life.isOver() && (waiting.has(driven) || (changedServices.has(driven.service) && mayBeDue(driven)));
  const isRunnable = (driven: DrivenLoop) => {
    if (driven.life.isOver()) return false;
    const waitsSinceMs = waiting.get(driven);
    const isPolled = waitsSinceMs !== undefined && waitsSinceMs < time.nowMs();
    return driven.notBeforeMs <= time.nowMs() && (driven.isAwake || isPolled);
  };
  return {
    driverFor: (service, life) => (loop) => {
      const driven = { service, life, loop, isAwake: true, hasLooked: true, steps: 0, failures: 0, notBeforeMs: 0 };
      loops.add(driven);
      changedServices.add(service);
      return {
        wake: () => {
          driven.isAwake = true;
          changedServices.add(service);
        },
        stop: async () => {
          loops.delete(driven);
          waiting.delete(driven);
        },
        stepCount: () => driven.steps,
      };
    },
    watcherOf: (service) => ({
      changed: () => void changedServices.add(service),
      said: () => {
        for (const driven of loops) if (driven.service === service && isRelay(driven)) driven.isAwake = true;
      },
    }),
    steps: () =>
      [...loops].filter(isRunnable).map((driven): Step => {
        return {
          name: `${driven.life.name} ${driven.loop.name}`,
          run: async () => {
            // It has had its look, and waits on: whether it still has something due is asked when nothing can happen.
            if (waiting.has(driven)) waiting.set(driven, time.nowMs());
            const outcome = await runOnce(driven, time);
            if (outcome !== 'nothing') changedServices.add(driven.service);
            return outcome;
          },
        };
      }),
    nextMs: () =>
      [...loops]
        .filter(({ life, isAwake, notBeforeMs }) => !life.isOver() && isAwake && notBeforeMs > time.nowMs())
        .reduce<number | null>((next, { notBeforeMs }) => earlier(next, notBeforeMs), null),
    clockMoved: async () => {
      for (const replicas of replicasOf([...loops].filter(({ life }) => !life.isOver()))) {
        const isWoken = replicas.some(looksByItself) || (await isDue(replicas));
        if (isWoken) for (const driven of replicas) driven.isAwake = true;
      }
    },
    outstanding: async () => {
      const looks = replicasOf([...loops].filter(isLookedAt));
      changedServices.clear();
      for (const replicas of looks) {
        const isWaiting = await isDue(replicas);
        for (const driven of replicas) {
          driven.hasLooked = false;
          if (isWaiting) waiting.set(driven, time.nowMs());
          else waiting.delete(driven);
        }
      }
      return [...waiting.keys()].map(({ life, loop }) => `${life.name} ${loop.name}`);
    },
  };
}

/** Replicas of one loop: what one of them says is due, is due to all. */
function replicasOf(loops: readonly DrivenLoop[]): readonly DrivenLoop[][] {
  return [...Map.groupBy(loops, ({ service, loop }) => `${service} ${loop.name}`).values()];
}

async function isDue([first]: readonly DrivenLoop[]): Promise<boolean> {
  return first !== undefined && (await first.loop.due()) > 0;
}

/** A step of these is no more than the question whether something is due; or they have something to find that they do not tell. */
function looksByItself({ loop }: DrivenLoop): boolean {
  return loop.name === 'schedules' || loop.name === 'sweep';
}

function isRelay({ loop }: DrivenLoop): boolean {
  return loop.name === 'relay';
}

/** What the others do may come from another replica, or wait for its time, without a word. */
const alwaysWoken = new Set(['relay', 'schedules']);

function mayBeDue({ loop, hasLooked }: DrivenLoop): boolean {
  return hasLooked || !alwaysWoken.has(loop.name);
}

/** One step of a loop, as `runLoop` takes it. */
async function runOnce(driven: DrivenLoop, time: SimulatedTime): Promise<string> {
  driven.isAwake = false;
  driven.hasLooked = true;
  try {
    const found = await driven.loop.step();
    driven.failures = 0;
    if (!found) return 'nothing';
    driven.steps += 1;
    // A relay sends all at once. Whether something has been said meanwhile, its watcher knows.
    driven.isAwake = !isRelay(driven);
    return 'done';
  } catch (error) {
    driven.isAwake = true;
    driven.notBeforeMs = time.nowMs() + backoffMs(driven.failures++, 100, 30_000);
    return `failed (${Error.isError(error) ? error.name : 'unknown'})`;
  }
}
