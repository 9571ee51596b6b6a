import { z } from 'zod';
import type { Topic } from './topic.ts';

/**
 * The contract of a topic as data: its JSON Schema and, as `x-topic`, what else a consumer builds on. Rules that JSON
 * Schema cannot say (e.g. how many bytes an id has) stay in zod alone.
 */
export function jsonSchemaOf(topic: Topic): Record<string, unknown> {
  const { name, version, summary, key, owners, hearers, partitions, retentionDays, encoding } = topic;
  return {
    $id: `urn:wewrite:schema:${name}:${version}`,
    description: summary,
    // The input side: consumers ignore unknown fields, so the schema forbids none.
    ...z.toJSONSchema(topic.schema, { io: 'input' }),
    'x-topic': { key, owners, hearers, partitions, retentionDays, encoding },
  };
}
