import type { SchemaRow } from '@wewrite/contracts/documents';

/** What every generated document begins with. */
export const generatedNotice = '<!-- Written by `npm run docs`: change what it is written from. -->';

/** A table; cells may hold markup but no line breaks. */
export function tableOf(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(headings), line(headings.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A table of fields, or a sentence where there are none. */
export function fieldTableOf(rows: readonly SchemaRow[]): string {
  if (rows.length === 0) return 'No fields.';
  return tableOf(
    ['field', 'is', 'there'],
    rows.map(({ path, type, isRequired }) => [`\`${path}\``, type, isRequired ? 'always' : 'may be missing']),
  );
}
