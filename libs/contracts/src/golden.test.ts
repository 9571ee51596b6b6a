import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { goldenDirectory } from '../golden/golden.ts';
import { jsonSchemaOf, type Topic, topics } from './index.ts';

function read(topic: Topic, file: string): unknown {
  return JSON.parse(readFileSync(new URL(`${topic.name}/${file}`, goldenDirectory), 'utf8'));
}

function examplesOf(topic: Topic): string[] {
  return readdirSync(new URL(topic.name, goldenDirectory)).filter((file) => file !== 'schema.json');
}

test('Contracts: each topic has a golden directory, and each golden directory a topic', () => {
  const directories = readdirSync(goldenDirectory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .filter((name) => name !== 'http');
  expect(directories.sort()).toEqual(topics.map((topic) => topic.name).sort());
});

describe.each([...topics])('$name', (topic: Topic) => {
  test('Contracts: the committed schema is the one in force (after a change on purpose: npm run contracts)', () => {
    expect(jsonSchemaOf(topic)).toEqual(read(topic, 'schema.json'));
  });

  test('Contracts: golden examples are messages of the topic, and nothing of them is dropped', () => {
    const examples = examplesOf(topic);
    expect(examples).not.toEqual([]);
    for (const file of examples)
      expect({ file, body: topic.schema.parse(read(topic, file)) }).toEqual({ file, body: read(topic, file) });
  });

  test('Contracts: consumers ignore fields that they do not know', () => {
    for (const file of examplesOf(topic)) {
      const body = read(topic, file);
      expect(topic.schema.parse({ ...Object(body), addedLater: true })).toEqual(body);
    }
  });

  test('Contracts: a message without one of its fields is refused, or the schema says what it then is', () => {
    for (const file of examplesOf(topic)) {
      const fields = Object.entries(Object(read(topic, file)));
      for (const [missing] of fields) {
        const body = Object.fromEntries(fields.filter(([name]) => name !== missing));
        const { success, data } = topic.schema.safeParse(body);
        const filledIn = success && Object.hasOwn(Object(data), missing);
        expect({ file, missing, accepted: success }).toEqual({ file, missing, accepted: filledIn });
      }
    }
  });
});
