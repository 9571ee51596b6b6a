import { z } from 'zod';
import type { Topic } from '../src/index.ts';

/** Where the committed contract of a topic lies: its `schema.json`, and beside it golden examples of its messages. */
export function goldenDirectory(topic: Topic): URL {
  return new URL(`./${topic.name}/`, import.meta.url);
}

/**
 * The contract of a topic as data: its JSON Schema and, as `x-topic`, what else a consumer builds on. Rules that JSON
 * Schema cannot say (e.g. how many bytes an id has) stay in zod alone.
 */
export function jsonSchemaOf(topic: Topic): Record<string, unknown> {
  const { name, version, key, owners, partitions, retentionDays, encoding } = topic;
  return {
    $id: `urn:wewrite:schema:${name}:${version}`,
    // The input side: consumers ignore unknown fields, so the schema forbids none.
    ...z.toJSONSchema(topic.schema, { io: 'input' }),
    'x-topic': { key, owners, partitions, retentionDays, encoding },
  };
}
