import specifications from '@asyncapi/specs';
import { describe, expect, test } from '@jest/globals';
import Ajv from 'ajv';
import { goldenExamplesOf } from '../../golden/golden.ts';
import { topics } from '../topics/index.ts';
import { asyncApiOf } from './async-api.ts';

const document = asyncApiOf(topics, { version: '1.2.3', examplesOf: goldenExamplesOf });
const ajv = () => new Ajv.default({ strict: false, validateFormats: false, allErrors: true });

/** Every `$ref` in a value. */
function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => (name === '$ref' ? [String(inner)] : referencesIn(inner)));
}

function resolve(reference: string): unknown {
  const steps = reference.replace('#/', '').split('/');
  return steps.reduce<unknown>((value, step) => new Map(Object.entries(Object(value))).get(step), document);
}

describe('the AsyncAPI document', () => {
  test('is valid by the official schema of AsyncAPI 3', () => {
    const validator = ajv();
    const isValid = validator.validate(
      Object(specifications.schemasWithoutId['3.0.0']),
      JSON.parse(JSON.stringify(document)),
    );
    expect({ isValid, errors: validator.errors }).toEqual({ isValid: true, errors: null });
  });

  test('refers only to what it has', () => {
    const references = referencesIn({ ...document });
    expect(references.length).toBeGreaterThan(topics.length);
    expect(references.filter((reference) => resolve(reference) === undefined)).toEqual([]);
  });

  test.each([...topics])('$name: is said by its owners and heard by its hearers, as Kafka has it', (topic) => {
    const channel = new Map(Object.entries(document.channels)).get(topic.name);
    expect(channel).toMatchObject({
      address: topic.name,
      bindings: { kafka: { partitions: 12, topicConfiguration: { 'retention.ms': topic.retentionDays * 86_400_000 } } },
    });
    const operations = Object.keys(document.operations).filter((name) => name.endsWith(`s.${topic.name}`));
    expect(operations).toEqual([
      ...topic.owners.map((owner) => `${owner}.says.${topic.name}`),
      ...topic.hearers.map((hearer) => `${hearer}.hears.${topic.name}`),
    ]);
  });

  test('each message has golden examples, and they are of its payload', () => {
    const messages = Object.entries(document.components.messages);
    expect(messages.map(([name]) => name)).toEqual(
      expect.arrayContaining(['month.locked.chunk', 'month.locked.closing']),
    );
    for (const [name, { payload, examples }] of messages) {
      expect({ name, count: examples.length }).not.toEqual({ name, count: 0 });
      for (const example of examples) {
        const validator = ajv();
        validator.validate(payload, example.payload);
        expect({ name, example: example.name, errors: validator.errors }).toMatchObject({ errors: null });
      }
    }
  });

  test('headers are those of CloudEvents in binary mode; what is compressed says so', () => {
    const messages = new Map(Object.entries(document.components.messages));
    expect(messages.get('month.locked.chunk')?.headers).toMatchObject({
      required: expect.arrayContaining([
        'ce_id',
        'ce_type',
        'ce_source',
        'ce_time',
        'ce_dataschema',
        'content-encoding',
      ]),
      properties: {
        ce_type: { const: 'month.locked' },
        ce_source: { enum: ['allocations'] },
        ce_dataschema: { const: 'urn:wewrite:schema:month.locked:1' },
        'content-encoding': { const: 'zstd' },
        traceparent: { type: 'string' },
      },
    });
    expect(messages.get('escrow.funded')?.headers.properties).not.toHaveProperty('content-encoding');
  });
});
