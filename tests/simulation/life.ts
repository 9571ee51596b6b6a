import type { AroundStatement } from '@wewrite/service-kit';
import type { Faults } from './faults.ts';

/** Where an instance can die. */
export type CrashPoint =
  | 'before_commit'
  | 'after_commit'
  | 'before_send'
  | 'after_send'
  | 'before_acknowledge'
  | 'after_acknowledge'
  | 'before_stripe_call'
  | 'after_stripe_call';

/** What a dead instance meets wherever it turns to: it looks like a connection that is gone. */
export class Death extends Error {
  override readonly name = 'Death';
  readonly code = 'ECONNRESET';
}

/** The life of one instance, which each of its ports asks. */
export interface Life {
  /** The service and a number: `billing.2`. */
  readonly name: string;
  isOver(): boolean;
  /** Throws when it is over. */
  assertAlive(): void;
  /** True when the instance dies here: from now on it changes nothing any more, anywhere. */
  endsAt(point: CrashPoint): boolean;
}

/** A life that the faults may end. */
export function lifeOf(name: string, faults: Faults): Life {
  let over = false;
  return {
    name,
    isOver: () => over,
    assertAlive: () => {
      if (over) throw new Death(`${name} is dead`);
    },
    endsAt: (point) => {
      if (over || !faults.draw(`crash_${point}`)) return false;
      over = true;
      return true;
    },
  };
}

/** Who wants to know what an instance does to its schema. */
export interface Watcher {
  /** It has changed something for good. */
  changed(): void;
  /** It has put messages into the outbox, to be committed before the step ends. */
  said(): void;
}

/**
 * Lets an instance die before or after a commit. What a transaction of the dead had not committed is rolled back, as the
 * server does when a connection ends.
 */
export function dyingAtCommits(life: Life, watcher: Watcher): AroundStatement {
  return async ({ text, commits }, run) => {
    if (text === 'rollback') return run();
    life.assertAlive();
    if (commits && life.endsAt('before_commit')) life.assertAlive();
    const result = await run();
    life.assertAlive();
    if (text.includes('insert into outbox')) watcher.said();
    if (!commits) return result;
    if (text === 'commit' || changedRows(result)) watcher.changed();
    if (life.endsAt('after_commit')) life.assertAlive();
    return result;
  };
}

function changedRows(result: unknown): boolean {
  return typeof result === 'object' && result !== null && 'rowCount' in result && result.rowCount !== 0;
}
