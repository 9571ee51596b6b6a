import { problemStatuses, topics } from '@wewrite/contracts';
import { connectEvents, platformEvents, thinEvents } from '../../apps/cli/src/stack/webhook-endpoints.ts';
import type { Counts, Kind } from './census.ts';
import { deedKinds } from './deed-kinds.ts';
import { faultKinds } from './faults.ts';
import { knownStates } from './known-states.ts';
import { neverSeen } from './never-seen.ts';
import { partNames } from './population/parts.ts';

/** Where the census of many runs is not what it should be. */
export interface CensusGaps {
  /** What should have happened and has not, as `refusal/over_allocated`. */
  readonly unseen: readonly string[];
  /** What has happened although there is a reason why it cannot: the reason is no longer true. */
  readonly seenAgainstReason: readonly string[];
}

/** Everything that can happen, as what the product is made of says: a new event or state is in it without being named here. */
async function everything(): Promise<Readonly<Record<Kind, readonly string[]>>> {
  return {
    act: partNames,
    deed: deedKinds,
    refusal: Object.keys(problemStatuses),
    event: [...platformEvents, ...connectEvents, ...thinEvents],
    message: topics.map(({ name }) => name),
    fault: faultKinds,
    state: await knownStates(),
  };
}

/** Holds the counts of many runs against everything that can happen. */
export async function heldAgainstEverything(counts: Counts): Promise<CensusGaps> {
  const names = Object.entries(await everything()).flatMap(([kind, all]) => all.map((name) => `${kind}/${name}`));
  const isSeen = (name: string) => (counts[name] ?? 0) > 0;
  return {
    unseen: names.filter((name) => !isSeen(name) && !isExcepted(name)),
    seenAgainstReason: names.filter((name) => isSeen(name) && isExcepted(name)),
  };
}

/** A state is excepted by itself, or with all others of its column. */
function isExcepted(name: string): boolean {
  const column = name.slice(0, name.indexOf(' '));
  return name in neverSeen || (name.startsWith('state/') && column in neverSeen);
}
