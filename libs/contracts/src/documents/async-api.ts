import { z } from 'zod';
import { alternativesOf, discriminatorOf, type JsonSchema, JsonSchemaSchema } from '../compatibility/json-schema.ts';
import type { Topic } from '../topics/topic.ts';

/** Golden examples of a topic's messages, by name. */
export type ExamplesOf = (topicName: string) => Readonly<Record<string, unknown>>;

/** One kind of message of a topic: a member of its union, or all of it. */
export interface MessageKind {
  /** `month.locked.chunk`, or the topic's name. */
  readonly name: string;
  readonly payload: JsonSchema;
  readonly examples: readonly { readonly name: string; readonly payload: unknown }[];
}

const bindingVersion = '0.5.0';
const dayMs = 86_400_000;

/** The AsyncAPI 3 document of all topics: what is sent, by whom, to whom, and how it looks in Kafka. */
export function asyncApiOf(topics: readonly Topic[], options: { version: string; examplesOf: ExamplesOf }) {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'WeWrite events',
      version: options.version,
      description: 'What the services tell each other over Kafka. For their HTTP APIs see [/docs](/docs).',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(topics.map((topic) => [topic.name, channelOf(topic, options.examplesOf)])),
    operations: Object.fromEntries(topics.flatMap((topic) => operationsOf(topic, options.examplesOf))),
    components: {
      messages: Object.fromEntries(topics.flatMap((topic) => messagesOf(topic, options.examplesOf))),
    },
  };
}

/** The kinds of messages of a topic, each with the golden examples that are of it. */
export function messageKindsOf(topic: Topic, examplesOf: ExamplesOf): MessageKind[] {
  // AsyncAPI's own schemas are of draft 7. The input side: consumers ignore what they do not know.
  const schema = JsonSchemaSchema.parse(z.toJSONSchema(topic.schema, { io: 'input', target: 'draft-7' }));
  const alternatives = alternativesOf(schema);
  const discriminator = discriminatorOf(alternatives);
  const all = Object.entries(examplesOf(topic.name)).map(([name, payload]) => ({ name, payload }));
  return alternatives.map((alternative) => {
    const { $schema: _, ...payload } = alternative;
    const value = payload.properties?.[discriminator ?? '']?.const;
    if (discriminator === null || value === undefined) return { name: topic.name, payload, examples: all };
    const examples = all.filter(
      (example) => new Map(Object.entries(Object(example.payload))).get(discriminator) === value,
    );
    return { name: `${topic.name}.${value}`, payload, examples };
  });
}

function channelOf(topic: Topic, examplesOf: ExamplesOf) {
  const kinds = messageKindsOf(topic, examplesOf);
  return {
    address: topic.name,
    summary: topic.summary,
    messages: Object.fromEntries(kinds.map(({ name }) => [name, { $ref: `#/components/messages/${name}` }])),
    bindings: {
      kafka: {
        partitions: topic.partitions,
        topicConfiguration: { 'cleanup.policy': ['delete'], 'retention.ms': topic.retentionDays * dayMs },
        bindingVersion,
      },
    },
  };
}

function operationsOf(topic: Topic, examplesOf: ExamplesOf) {
  const channel = { $ref: `#/channels/${topic.name}` };
  const messages = messageKindsOf(topic, examplesOf).map(({ name }) => ({
    $ref: `#/channels/${topic.name}/messages/${name}`,
  }));
  const says = topic.owners.map(
    (service) =>
      [`${service}.says.${topic.name}`, { action: 'send', channel, messages, tags: [{ name: service }] }] as const,
  );
  const hears = topic.hearers.map((service) => {
    const groupId = { type: 'string', const: `wewrite.${service}` };
    const bindings = { kafka: { groupId, bindingVersion } };
    return [
      `${service}.hears.${topic.name}`,
      { action: 'receive', channel, messages, tags: [{ name: service }], bindings },
    ] as const;
  });
  return [...says, ...hears];
}

function messagesOf(topic: Topic, examplesOf: ExamplesOf) {
  return messageKindsOf(topic, examplesOf).map(
    ({ name, payload, examples }) =>
      [
        name,
        {
          name,
          summary: topic.summary,
          contentType: 'application/json',
          headers: headersOf(topic),
          payload,
          correlationId: {
            description: 'The trace that the message belongs to.',
            location: '$message.header#/traceparent',
          },
          bindings: { kafka: { key: { type: 'string', description: topic.key }, bindingVersion } },
          examples,
        },
      ] as const,
  );
}

/** CloudEvents 1.0 in Kafka's binary mode, and the W3C trace context. */
function headersOf(topic: Topic) {
  const text = (description: string) => ({ type: 'string', description });
  const properties = {
    'content-type': { type: 'string', const: 'application/json' },
    ce_specversion: { type: 'string', const: '1.0' },
    ce_id: text('The same for the same cause: a consumer takes it in once.'),
    ce_type: { type: 'string', const: topic.name },
    ce_source: { type: 'string', enum: topic.owners, description: 'The service that says it.' },
    ce_time: { type: 'string', format: 'date-time', description: 'When it was so, in business time.' },
    ce_dataschema: { type: 'string', const: `urn:wewrite:schema:${topic.name}:${topic.version}` },
    ...(topic.encoding === 'json+zstd' ? { 'content-encoding': { type: 'string', const: 'zstd' } } : {}),
  };
  const traceparent = text('W3C trace context, where the cause has one.');
  return { type: 'object', properties: { ...properties, traceparent }, required: Object.keys(properties) };
}
