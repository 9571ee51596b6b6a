import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { topics } from '@wewrite/contracts';
import { documentsDirectory, generatedDocuments } from './documents.ts';

const documents = await generatedDocuments();
const committed = (name: string) => readFileSync(new URL(name, documentsDirectory), 'utf8');

describe('documents that are written from the contracts', () => {
  test.each([...documents])('docs/%s is what the code says (after a change on purpose: npm run docs)', (name, text) => {
    expect(committed(name)).toBe(text);
  });

  test('docs/events.md has a section of each topic, with an example', () => {
    const sections = (documents.get('events.md') ?? '').split('\n## ').slice(1);
    expect(sections.map((section) => section.split('\n')[0])).toEqual(topics.map(({ name }) => name));
    expect(sections.filter((section) => !section.includes('```json\n{'))).toEqual([]);
  });

  test('each call of the HTTP API says what it is for', () => {
    const rows = (documents.get('api.md') ?? '').split('\n').filter((line) => /^\| `[A-Z]+ \//.test(line));
    expect(rows.length).toBeGreaterThan(40);
    expect(rows.filter((row) => / \| {2}\| /.test(row))).toEqual([]);
  });

  test('docs/api.md says of a call who may make it, what it takes and what it answers', () => {
    const text = documents.get('api.md') ?? '';
    const call = text.split('\n### ').find((section) => section.startsWith('GET /v1/months/{month}/progress')) ?? '';
    expect(call).toContain('Roles: admin.');
    expect(call).toContain('| `month` | path | month, YYYY-MM | always |');
    expect(call).toContain('| `steps[].expected` | whole number, ≥ 0 or null | always |');
  });
});
