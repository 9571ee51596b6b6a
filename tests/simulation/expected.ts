import { type ProblemCode, problemStatuses, topics } from '@wewrite/contracts';
import type { Counts, Kind } from './census.ts';
import { faultKinds } from './faults.ts';
import { namedToSee } from './named-to-see.ts';
import { partNames } from './population/parts.ts';

/** Refusals that no run may have, and why. */
const neverRefusedSo: Readonly<Partial<Record<ProblemCode, string>>> = {
  method_not_allowed: 'the services answer 404 to methods that they do not know',
  internal: 'it is a failure',
  rate_limited: 'loopback is not limited',
  below_minimum: 'it is a reason why a payout is skipped',
  too_many_allocations: 'it takes hundreds of requests: a test of the service has it',
  not_parked: 'nothing is poisoned here: poison.test.ts has it',
  must_not_be_dropped: 'nothing is poisoned here: poison.test.ts has it',
  not_refused: 'a test of the service has it',
  already_refunded: 'nobody orders refunds at the desk: a test of the service has it',
  not_confirmed: 'nothing is imported here: a test of the service has it',
};

/** Every refusal that the seeds of a run have to come upon together. */
export const refusalsToSee = Object.keys(problemStatuses).filter((code) => !(code in neverRefusedSo));

/** Messages that only an operator's mending brings about, which is no part of a run. */
const messagesNotSaid = ['operator.command', 'message.parked'];

const toSee: Readonly<Record<Kind, readonly string[]>> = {
  ...namedToSee,
  act: partNames,
  refusal: refusalsToSee,
  fault: faultKinds,
  message: topics.map(({ name }) => name).filter((name) => !messagesNotSaid.includes(name)),
};

/** What should have happened in many runs and has not, as `refusal/over_allocated`. */
export function unseenIn(counts: Counts): string[] {
  const names = Object.entries(toSee).flatMap(([kind, all]) => all.map((name) => `${kind}/${name}`));
  return names.filter((name) => (counts[name] ?? 0) === 0);
}
