import { describe, expect, test } from '@jest/globals';
import { exportsOf } from './exports.ts';
import { codeOf, files, filesEnding, isTest, nameOf, placesOf, read, sqlOf, taggedSqlOf } from './repository.ts';

// What the house asks of its sources and no other tool checks. Each test lists what breaks its rule, as path:line.

const typescript = filesEnding('.ts');
const product = typescript.filter((path) => !isTest(path) && !path.startsWith('tools/'));
const sql = filesEnding('.sql');
const written = filesEnding('.ts', '.mjs', '.cjs', '.sql', '.sh', '.yml', '.yaml');

function longerThan(lines: number, paths: readonly string[]): string[] {
  const length = (path: string) => read(path).replace(/\n$/, '').split('\n').length;
  return paths.filter((path) => length(path) > lines).map((path) => `${path}: ${length(path)} lines`);
}

function foundIn(paths: readonly string[], textOf: (path: string) => string, pattern: RegExp): string[] {
  return paths.flatMap((path) => placesOf(path, textOf(path), pattern));
}

describe('files', () => {
  test('Style 11: a file has at most 300 lines', () => {
    expect(longerThan(300, [...written, '.ci/run'])).toEqual([]);
  });

  test('Style: a file is named after what it holds, never utils, helpers, common, manager or dto', () => {
    const vague = /(^|[-./])(utils?|helpers?|common|managers?|dtos?)([-./]|$)/;
    expect(files.filter((path) => vague.test(path))).toEqual([]);
  });

  test('Style: names of source files are lower-case words joined by dashes', () => {
    const named = /^[a-z0-9-]+(\.(test|d|config))*\.(ts|mjs)$/;
    expect(filesEnding('.ts', '.mjs').filter((path) => !named.test(nameOf(path)))).toEqual([]);
  });

  test('Migrations are numbered from 0001 without a gap', () => {
    const migrations = sql.filter((path) => path.includes('/migrations/'));
    const folders = Map.groupBy(migrations, (path) => path.replace(/[^/]+$/, ''));
    const isNumbered = (path: string, index: number) =>
      nameOf(path).startsWith(`${String(index + 1).padStart(4, '0')}_`);
    expect([...folders].filter(([, paths]) => !paths.every(isNumbered))).toEqual([]);
  });
});

describe('configuration and time', () => {
  test('Style 8: the environment is read in config.ts, or handed on whole by main.ts', () => {
    const others = product.filter((path) => !['config.ts', 'main.ts'].includes(nameOf(path)));
    expect(foundIn(others, codeOf, /process\.env\b/)).toEqual([]);
  });

  test('Style 8: a service gets its time from the clock', () => {
    // The ports themselves; kafkajs's side of the broker, which is never simulated; and what runs in development only.
    const allowed =
      /^libs\/service-kit\/src\/(clock|technical-time|kafka\/kafkajs-[a-z-]+)\.ts$|^libs\/local-stack\/|^apps\/cli\//;
    const others = product.filter((path) => !allowed.test(path));
    expect(foundIn(others, codeOf, /\bDate\.now\(|\bnew Date\(\)/)).toEqual([]);
  });

  test('Style 8: SQL gets its time as a parameter, never from the database', () => {
    const databaseTime =
      /(?<![\w.])(now|clock_timestamp|statement_timestamp|transaction_timestamp)\s*\(\s*\)|\b(current_timestamp|current_date|localtimestamp)\b/i;
    const sources = product.filter((path) => !path.startsWith('libs/local-stack/'));
    expect([...foundIn(sql, sqlOf, databaseTime), ...foundIn(sources, taggedSqlOf, databaseTime)]).toEqual([]);
  });
});

describe('comments', () => {
  test('Style 10: a TODO says in parentheses what it waits for', () => {
    const vague = /\b(TODO(?!\([^)]{3,}\):)|FIXME|XXX|HACK)\b/;
    const others = written.filter((path) => path !== 'tools/tidy.test.ts');
    expect(foundIn(others, read, vague)).toEqual([]);
  });

  test('Style 10: there is no commented-out code', () => {
    // Prose may end a line with a semicolon, too: a line is code when it begins like a statement or only closes one.
    const typescriptCode =
      /^[ \t]*\/\/ ?(import\b.* from '.*|export (const|function|interface|type) .*|(const|let) \w+ = .*|(await |return )?[\w.]+\(.*\);|[})\]]+[;,]?|if \(.*\{)$/m;
    const sqlCode = /^[ \t]*-- ?(select|insert|update|delete|create|alter|drop|grant|revoke)\b.*;$/im;
    expect([...foundIn(typescript, read, typescriptCode), ...foundIn(sql, read, sqlCode)]).toEqual([]);
  });

  test('Style 9: what a library exports has a doc comment', () => {
    const libraries = files.filter((path) => /^libs\/[^/]+\/package\.json$/.test(path));
    const bare = libraries.flatMap(exportsOf).filter((declaration) => !declaration.documented);
    expect(bare.map(({ path, line, text }) => `${path}:${line}: ${text}`)).toEqual([]);
  });

  test('Style 14: no check of the compiler or of a test run is switched off', () => {
    const off = /@ts-(ignore|nocheck|expect-error)|biome-ignore-all|\b(test|describe|it)\.only\b/;
    expect(
      foundIn(
        typescript.filter((path) => path !== 'tools/tidy.test.ts'),
        read,
        off,
      ),
    ).toEqual([]);
  });
});

describe('errors', () => {
  test('An error is one wherever it was made: in a worker and under Jest, Node’s own are no `instanceof Error`', () => {
    const others = typescript.filter((path) => path !== 'tools/tidy.test.ts');
    expect(foundIn(others, codeOf, /\binstanceof Error\b/)).toEqual([]);
  });
});

describe('where it was made', () => {
  test('Tracked files name no path of a machine and no package registry', () => {
    // Put together here, so that this file does not name them either.
    const folders = ['work', 'root', 'home', 'Users'].map((folder) => `/${folder}/`);
    const pattern = new RegExp([...folders, ['registry', 'npmjs'].join('\\.')].join('|'));
    const texts = files.filter((path) => !/\.(png|jpg|woff2?|zst)$/.test(path));
    expect(foundIn(texts, read, pattern)).toEqual([]);
  });
});
