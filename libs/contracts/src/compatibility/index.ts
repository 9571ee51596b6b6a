import { compareHttp } from './compare-http.ts';
import { compareTopics, type RefusalOf } from './compare-topics.ts';
import type { Contracts } from './contracts.ts';
import type { Finding } from './finding.ts';

export type { RefusalOf } from './compare-topics.ts';
export { type ContractFiles, type Contracts, contractsOf, type HttpOperation } from './contracts.ts';
export type { Finding } from './finding.ts';

/**
 * Everything that has changed between contracts as they were and as they are, and whom it hits: breaking changes first.
 * `refusalOf` tries the golden examples of old on the schemas of now, whose rules JSON Schema cannot all say.
 */
export function compareContracts(before: Contracts, now: Contracts, refusalOf: RefusalOf): Finding[] {
  const nothing = { operations: new Map(), schemas: {} };
  const services = new Set([...before.http.keys(), ...now.http.keys()]);
  const found = [
    ...compareTopics(before.topics, now.topics, refusalOf),
    ...[...services].flatMap((service) =>
      compareHttp(service, before.http.get(service) ?? nothing, now.http.get(service) ?? nothing),
    ),
  ];
  return found.toSorted((one, other) => Number(other.severity === 'breaking') - Number(one.severity === 'breaking'));
}
