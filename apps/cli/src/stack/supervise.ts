import { setTimeout as delay } from 'node:timers/promises';
import { RunFailure } from '../exit-codes.ts';
import type { Part } from './part.ts';

/** Watches parts and starts those that die again. */
export interface Supervision {
  watch(part: Part): void;
  /** Resolves when the stack cannot go on: a part would not start again, or what it knew is lost. */
  readonly failed: Promise<Error>;
  /** Lets parts die from now on, after restarts under way are over. */
  end(): Promise<void>;
}

const mostRestarts = 20;
const attemptsToRestart = 6;
const restartPauseMs = 300;

/** `irreplaceable` says why a part's death is the end; null when parts can be started again. */
export function supervise(options: {
  irreplaceable: string | null;
  say: (sentence: string) => void;
  onRestarted: () => void;
}): Supervision {
  const { irreplaceable, say, onRestarted } = options;
  const failure = Promise.withResolvers<Error>();
  const restarts = new Set<Promise<void>>();
  let ended = false;

  const restart = async (part: Part, how: string, count: number): Promise<void> => {
    if (irreplaceable !== null) return failure.resolve(new RunFailure(`${part.name} died: ${how}. ${irreplaceable}`));
    if (count > mostRestarts) return failure.resolve(new RunFailure(`${part.name} died ${count} times: ${how}.`));
    say(`${part.name} died: ${how}. It is started again.`);
    await patiently(() => part.restart())
      .then(onRestarted)
      .catch((error: unknown) => {
        failure.resolve(new RunFailure(`${part.name} died and does not start again.`, { cause: error }));
      });
  };

  return {
    failed: failure.promise,
    watch: (part) => {
      let count = 0;
      part.onDeath((how) => {
        if (ended) return;
        count += 1;
        const restarting = restart(part, how, count).finally(() => restarts.delete(restarting));
        restarts.add(restarting);
      });
    },
    end: async () => {
      ended = true;
      await Promise.all(restarts);
    },
  };
}

/** What a killed part leaves behind (its own children, a port) may need moments to go. */
async function patiently(start: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start();
    } catch (error) {
      if (attempt === attemptsToRestart) throw error;
      await delay(attempt * restartPauseMs);
    }
  }
}
