import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('..', import.meta.url);

function listed(...parameters: readonly string[]): string[] {
  const output = execFileSync('git', ['ls-files', '-z', ...parameters], { cwd: root, encoding: 'utf8' });
  return output.split('\0').filter((path) => path !== '' && existsSync(new URL(path, root)));
}

/** Paths, from the root, of all files that git knows or would add. */
export const files: readonly string[] = [...new Set(listed('--cached', '--others', '--exclude-standard'))].sort();

const texts = new Map<string, string>();

/** The text of a file, read once. */
export function read(path: string): string {
  const known = texts.get(path);
  if (known !== undefined) return known;
  const text = readFileSync(new URL(path, root), 'utf8');
  texts.set(path, text);
  return text;
}

/** True for a file or directory of the repository; `path` is taken from the root, with `..` and `.` resolved. */
export function exists(path: string): boolean {
  const url = new URL(path, root);
  return fileURLToPath(url).startsWith(fileURLToPath(root)) && existsSync(url);
}

/** True for a directory of the repository. */
export function isDirectory(path: string): boolean {
  return exists(path) && statSync(new URL(path, root)).isDirectory();
}

/** Files with one of the endings. */
export function filesEnding(...endings: readonly string[]): string[] {
  return files.filter((path) => endings.some((ending) => path.endsWith(ending)));
}

/** What proves the product rather than being it: test files, `tests` folders, and what exists for tests alone. */
export function isTest(path: string): boolean {
  return /\.test\.ts$|(^|\/)tests\/|-for-tests\.ts$/.test(path);
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** TypeScript without its comments, line for line. By the look of lines, which is enough for formatted code. */
export function codeOf(path: string): string {
  return blanked(read(path), /^\s*\/\*[\s\S]*?\*\/|(^|\s)\/\/.*$/gm);
}

/** SQL without its comments, line for line. */
export function sqlOf(path: string): string {
  return blanked(read(path), /--.*$/gm);
}

/** TypeScript with everything blanked but the inside of its sql`…` templates, line for line. */
export function taggedSqlOf(path: string): string {
  const code = codeOf(path);
  let shown = '';
  let end = 0;
  for (const match of code.matchAll(/\bsql(?:\.raw)?(?:<[^`()]*>)?\(?`[^`]*`/g)) {
    const values = blanked(match[0], /\$\{[^}]*\}/g);
    shown += blanked(code.slice(end, match.index), /[\s\S]+/) + values;
    end = match.index + match[0].length;
  }
  return shown;
}

function blanked(text: string, pattern: RegExp): string {
  return text.replace(pattern, (match) => match.replace(/[^\n]/g, ''));
}

/** Every match of the pattern as `path:line: match`, for lists of what is wrong. */
export function placesOf(path: string, text: string, pattern: RegExp): string[] {
  const global = new RegExp(pattern, pattern.flags.includes('g') ? pattern.flags : `${pattern.flags}g`);
  return [...text.matchAll(global)].map((match) => {
    const line = text.slice(0, match.index).split('\n').length;
    return `${path}:${line}: ${match[0].trim().slice(0, 120)}`;
  });
}
