import type { Topic } from '@wewrite/contracts';
import { type ExamplesOf, type MessageKind, messageKindsOf, schemaRowsOf } from '@wewrite/contracts/documents';
import { fieldTableOf, generatedNotice, tableOf } from './markdown.ts';

/** `docs/events.md`: every topic, what its messages hold, who says and who hears it. */
export function eventsDocumentOf(topics: readonly Topic[], examplesOf: ExamplesOf): string {
  const overview = topics.map(({ name, summary, owners, hearers }) => [
    `[\`${name}\`](#${name.replaceAll('.', '')})`,
    summary,
    owners.join(', '),
    hearers.join(', ') || 'nobody yet',
  ]);
  return `${[
    generatedNotice,
    '# Events',
    `What the services tell each other over Kafka. The gateway serves the same as AsyncAPI document (\`/asyncapi.json\`) and
as a page (\`/events\`); what clients call is in the [HTTP API](api.md). How a contract may change is told in
[contracts](../libs/contracts/README.md).`,
    tableOf(['topic', 'one message is', 'from', 'to'], overview),
    `The value is JSON. The envelope is CloudEvents 1.0 in Kafka's binary mode: headers \`ce_id\` (the same for the same
cause), \`ce_type\` (the topic), \`ce_source\` (the service), \`ce_time\` (business time), \`ce_dataschema\`, and \`traceparent\`
where the cause has a trace. Consumers take a message in once by its \`ce_id\`, ignore fields that they do not know, and are
in the group \`wewrite.<service>\`.`,
    ...topics.flatMap((topic) => sectionOf(topic, examplesOf)),
  ].join('\n\n')}\n`;
}

function sectionOf(topic: Topic, examplesOf: ExamplesOf): string[] {
  const { name, summary, owners, hearers, key, partitions, retentionDays, encoding } = topic;
  return [
    `## ${name}`,
    summary,
    tableOf(
      ['from', 'to', 'key', 'partitions', 'kept for'],
      [
        [
          owners.join(', '),
          hearers.join(', ') || 'nobody yet',
          key.replaceAll(/<[^>]+>(:<[^>]+>)?/g, '`$&`'),
          `${partitions}`,
          `${retentionDays} days`,
        ],
      ],
    ),
    ...(encoding === 'json+zstd' ? ['Values are compressed with zstd (`content-encoding`).'] : []),
    ...messageKindsOf(topic, examplesOf).flatMap(kindOf),
  ];
}

function kindOf({ name, payload, examples }: MessageKind): string[] {
  const [first] = examples;
  const example = first === undefined ? [] : [`\`\`\`json\n${JSON.stringify(first.payload, null, 2)}\n\`\`\``];
  return [`**\`${name}\`**`, fieldTableOf(schemaRowsOf(payload)), ...example];
}
