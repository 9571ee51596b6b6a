import { posix } from 'node:path';
import { read } from './repository.ts';

/** A place where something that a package exports is declared. */
export interface ExportedDeclaration {
  readonly path: string;
  readonly line: number;
  readonly text: string;
  readonly documented: boolean;
}

const declaration = /^export (?:async |abstract )?(?:function|class|const|interface|type) (\w+)/;

/**
 * What a package lets others import: the declarations that the files in its `exports` make or pass on. Sources are read by
 * the look of their lines, which is enough for formatted code.
 */
export function exportsOf(manifestPath: string): ExportedDeclaration[] {
  const { exports = {} }: { exports?: Record<string, string> } = JSON.parse(read(manifestPath));
  const found = Object.values(exports).flatMap((entry) =>
    declarationsOf(posix.join(posix.dirname(manifestPath), entry), null),
  );
  return [...new Map(found.map((one) => [`${one.path}:${one.line}`, one])).values()];
}

/** The exported declarations of a file and of those that it passes on; `names` are the ones asked for, null all. */
function declarationsOf(path: string, names: ReadonlySet<string> | null): ExportedDeclaration[] {
  const text = read(path);
  const own = ownDeclarationsOf(path, text).filter(([name]) => names === null || names.has(name));
  const passedOn = [...text.matchAll(/^export (?:type )?(\*|\{[^}]*\}) from '(\.[^']+)'/gm)].flatMap((match) => {
    const [, what = '', from = ''] = match;
    const file = posix.join(posix.dirname(path), from);
    return declarationsOf(file, what === '*' ? names : namesIn(what));
  });
  return [...own.map(([, one]) => one), ...passedOn];
}

/** The names in `{ type A, b as c }`, as the file that declares them calls them. */
function namesIn(braces: string): Set<string> {
  const items = braces.slice(1, -1).split(',');
  return new Set(
    items.map((item) =>
      item
        .trim()
        .replace(/^type /, '')
        .replace(/ as .*$/, ''),
    ),
  );
}

/**
 * Exports that follow each other without a blank line share the first one's comment; a type that zod infers, or that is
 * read off a constant, has its source's.
 */
function ownDeclarationsOf(path: string, text: string): [string, ExportedDeclaration][] {
  const found: [string, ExportedDeclaration][] = [];
  let documented = false;
  text.split('\n').forEach((line, index, lines) => {
    const previous = (lines[index - 1] ?? '').trim();
    if (previous === '') documented = false;
    if (previous.endsWith('*/')) documented = true;
    const name = line.match(declaration)?.[1];
    if (name === undefined) return;
    const isDerived = /^export type \w+ =\s*(z\.|typeof\b|keyof\b|\(typeof\b)/.test(line);
    found.push([name, { path, line: index + 1, text: line.slice(0, 90), documented: documented || isDerived }]);
  });
  return found;
}
