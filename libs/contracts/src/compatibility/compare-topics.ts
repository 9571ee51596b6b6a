import { isDeepStrictEqual } from 'node:util';
import type { TopicContract } from './contracts.ts';
import type { Finding } from './finding.ts';
import { type Obstacle, obstaclesOf } from './obstacles.ts';

type Topics = ReadonlyMap<string, TopicContract>;
/** Says why a message is none of a topic any more; null when it is one. */
export type RefusalOf = (topic: string, body: unknown) => string | null;

/**
 * What has changed between topics as they were and as they are, and which services it hits. Services are deployed one by
 * one, in any order, and messages stay for days. So each message of the new shape has to be one for consumers that know the
 * old, and each message of the old shape one for consumers that know the new.
 */
export function compareTopics(before: Topics, now: Topics, refusalOf: RefusalOf): Finding[] {
  const known = [...before.values()].flatMap((old) => {
    const current = now.get(old.name);
    return current === undefined ? [removed(old, before, now)] : changesOf(old, current, refusalOf);
  });
  const added = [...now.values()].filter(({ name }) => !before.has(name));
  return [...known, ...added.map((topic) => finding('note', topic, 'it is new', topic.hearers))];
}

function removed(old: TopicContract, before: Topics, now: Topics): Finding {
  const alike = [...now.values()].find(({ name, schema }) => {
    const { $id: _id, ...shape } = schema;
    const { $id: _oldId, ...oldShape } = old.schema;
    return !before.has(name) && isDeepStrictEqual(shape, oldShape);
  });
  const what = alike === undefined ? 'it is gone' : `it is renamed to ${alike.name}`;
  return finding('breaking', old, `${what}: who hears it gets nothing any more`, old.hearers);
}

function changesOf(old: TopicContract, current: TopicContract, refusalOf: RefusalOf): Finding[] {
  const shape = shapeChanges(old, current, refusalOf);
  const isWidened = shape.length === 0 && !isDeepStrictEqual(old.schema, current.schema);
  const widened = finding('note', current, 'its schema has grown, and nobody is hit by it', current.hearers);
  return [...shape, ...(isWidened ? [widened] : []), ...conditionChanges(old, current)];
}

function shapeChanges(old: TopicContract, current: TopicContract, refusalOf: RefusalOf): Finding[] {
  const hearers = [...new Set([...old.hearers, ...current.hearers])];
  const forOld = obstaclesOf(current.schema, old.schema, 'ignored');
  const forNew = obstaclesOf(old.schema, current.schema, 'ignored');
  const refused = Object.entries(old.examples).flatMap(([path, body]) => {
    const reason = refusalOf(old.name, body);
    return reason === null || forNew.length > 0 ? [] : [`the golden example ${path} is no message any more: ${reason}`];
  });
  return [
    ...forOld.map((one) =>
      finding('breaking', old, `${wordsOf(one)} by consumers of the old contract, when the new is said`, hearers),
    ),
    ...forNew.map((one) =>
      finding(
        'breaking',
        current,
        `${wordsOf(one)} by consumers of the new contract, in messages of the old (kept for ${old.retentionDays} days)`,
        current.hearers,
      ),
    ),
    ...refused.map((sentence) => finding('breaking', current, sentence, current.hearers)),
  ];
}

function conditionChanges(old: TopicContract, current: TopicContract): Finding[] {
  const all = [...new Set([...old.hearers, ...current.hearers])];
  const from = (name: 'key' | 'partitions' | 'retentionDays' | 'encoding') => `${old[name]} → ${current[name]}`;
  const found: Finding[] = [];
  const say = (severity: Finding['severity'], sentence: string) =>
    found.push(finding(severity, current, sentence, all));
  if (old.key !== current.key) say('breaking', `key ${from('key')}: messages of one key are in order no more`);
  if (current.partitions < old.partitions) say('breaking', `partitions ${from('partitions')}: Kafka takes none away`);
  if (current.partitions > old.partitions) {
    say('breaking', `partitions ${from('partitions')}: keys move, and their messages may overtake each other`);
  }
  if (old.encoding !== current.encoding) say('breaking', `encoding ${from('encoding')}: old consumers cannot read it`);
  if (current.retentionDays < old.retentionDays) {
    say('breaking', `retention ${from('retentionDays')} days: who was away for longer misses messages`);
  }
  if (current.retentionDays > old.retentionDays) say('note', `retention ${from('retentionDays')} days`);
  for (const role of ['owners', 'hearers'] as const) {
    if (!isDeepStrictEqual(old[role].toSorted(), current[role].toSorted())) {
      say('note', `${role} ${old[role].join(', ') || 'none'} → ${current[role].join(', ') || 'none'}`);
    }
  }
  return found;
}

function wordsOf({ path, reason }: Obstacle): string {
  return `${path === '' ? '' : `${path}: `}${reason}`;
}

function finding(
  severity: Finding['severity'],
  { name, owners }: TopicContract,
  sentence: string,
  hits: readonly string[],
): Finding {
  return { severity, contract: `topic ${name}`, sentence, owners, hits };
}
