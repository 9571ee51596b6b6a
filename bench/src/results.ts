import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { realClock } from '@wewrite/service-kit';

const file = new URL('../RESULTS.md', import.meta.url);
const heading = '# Results\n\nWritten by `npm run bench`, each section by the last run of its benchmark.\n';

/** Puts a benchmark's section into `RESULTS.md`, in the place of its last one; the others stay. */
export function writeResults(name: string, text: string): void {
  const known = existsSync(file) ? readFileSync(file, 'utf8') : heading;
  writeFileSync(file, replaceSection(known, name, text));
}

/** The document with the section in it: in its place, or at the end. Sections lie between comments that name them. */
export function replaceSection(document: string, name: string, text: string): string {
  const [begin, end] = [`<!-- begin ${name} -->`, `<!-- end ${name} -->`];
  const section = `${begin}\n${text.trimEnd()}\n${end}`;
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from === -1 || to === -1) return `${document.trimEnd()}\n\n${section}\n`;
  return `${document.slice(0, from)}${section}${document.slice(to + end.length)}`;
}

/** The machine, the versions and the day, for a section's first line. */
export function circumstances(): string {
  const [processor] = cpus();
  const cores = `${cpus().length} × ${processor?.model.trim() ?? 'unknown processor'}`;
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const day = realClock.now().toISOString().slice(0, 10);
  return `${day}, ${cores}, ${memory}, Node ${process.version}, PostgreSQL 18 (fsync on)`;
}

/** A Markdown table. */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
