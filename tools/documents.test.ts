import { posix } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { exists, files, filesEnding, placesOf, read } from './repository.ts';

// Documents are true: what they link to, name or tell to run is there.

const documents = filesEnding('.md');
const folderOf = (path: string) => (path.includes('/') ? posix.dirname(path) : '.');

/** The anchor that GitHub gives a heading. */
function anchorOf(heading: string): string {
  const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '');
  return text
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}

function anchorsOf(path: string): string[] {
  return [...read(path).matchAll(/^#{1,6} (.+)$/gm)].map((match) => anchorOf(match[1] ?? ''));
}

/** Text without fenced code, in which brackets are no links. */
function proseOf(path: string): string {
  return read(path).replace(/^```[\s\S]*?^```/gm, (block) => block.replace(/[^\n]/g, ''));
}

function brokenLinks(path: string): string[] {
  const links = [...proseOf(path).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '');
  return links.filter((link) => {
    if (/^(https?|mailto):/.test(link)) return false;
    const [target = '', anchor] = link.split('#');
    const file = target === '' ? path : posix.join(folderOf(path), decodeURI(target));
    if (!exists(file)) return true;
    return anchor !== undefined && !anchorsOf(file).includes(anchor);
  });
}

/** Paths in backticks that name something of this repository, from its root or from the document's folder. */
function missingPaths(path: string): string[] {
  const named = [...proseOf(path).matchAll(/`([\w.@/-]+)`/g)].map((match) => match[1] ?? '');
  return named.filter((name) => {
    if (/^(libs|services|apps|tools|docs|infra|samples)\//.test(name)) return !exists(name);
    if (/^(src|migrations|tests)\/.+\.\w+$/.test(name)) return !exists(posix.join(folderOf(path), name));
    return false;
  });
}

describe('documents', () => {
  test('Links within the repository lead somewhere, anchors included', () => {
    expect(documents.flatMap((path) => brokenLinks(path).map((link) => `${path}: ${link}`))).toEqual([]);
  });

  test('Paths in backticks exist', () => {
    expect(documents.flatMap((path) => missingPaths(path).map((name) => `${path}: ${name}`))).toEqual([]);
  });

  test('Each `npm run NAME` in a document is a script', () => {
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(read('package.json'));
    const unknown = documents.flatMap((path) =>
      placesOf(path, read(path), /npm run (?:--silent |-s )?[\w:-]+/).filter(
        (place) => !(place.split(' ').at(-1) ?? '' in scripts),
      ),
    );
    expect(unknown).toEqual([]);
  });

  test('Each command of `wewrite` in a document is there, with its options', () => {
    const sources = files.filter((path) => path.startsWith('apps/cli/src/commands/')).map(read);
    const declared = sources.join('\n');
    const unknown = documents.flatMap((path) =>
      placesOf(path, read(path), /(?:npm run (?:demo|wewrite) --|wewrite) [a-z -][^`\n#]*/).filter((place) => {
        const words = place.replace(/^\S+ /, '').split(/\s+/);
        const options = words.filter((word) => /^--[a-z]/.test(word) && word !== '--help');
        const command = place.match(/wewrite (?:-- )?([a-z]+)\b/)?.[1];
        const isThere = command === undefined || declared.includes(`'${command}'`);
        return !isThere || !options.every((option) => declared.includes(`'${option}`));
      }),
    );
    expect(unknown).toEqual([]);
  });

  test('Each decision is numbered and has the five headings', () => {
    const decisions = files.filter((path) => path.startsWith('docs/decisions/') && !path.endsWith('README.md'));
    const headings = ['Context', 'Decision', 'Consequences', 'Alternatives', 'Status'];
    const wrong = decisions.filter((path) => {
      const found = [...read(path).matchAll(/^## (.+)$/gm)].map((match) => match[1]);
      return !/\/\d{4}-[a-z0-9-]+\.md$/.test(path) || found.join() !== headings.join();
    });
    expect(decisions.length).toBeGreaterThan(0);
    expect(wrong).toEqual([]);
  });
});
