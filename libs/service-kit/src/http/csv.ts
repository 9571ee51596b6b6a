import { Readable } from 'node:stream';
import { z } from 'zod';

/** What OpenAPI says of an answer in CSV; its rows are not serialised as one. */
export const CsvSchema = z.unknown().meta({ type: 'string', description: 'text/csv (RFC 4180)' });

/** Rows of cells, the header among them. Amounts are whole cents. */
export type CsvRows = readonly (readonly (string | number)[])[];

/** The headers of an answer in CSV that is saved under the name. */
export function csvHeaders(fileName: string) {
  return {
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': `attachment; filename="${fileName}"`,
    'cache-control': 'no-store',
  };
}

/** The rows as text, page by page, so that memory stays flat however many there are. */
export function csvOf(pages: Iterable<CsvRows> | AsyncIterable<CsvRows>): Readable {
  return Readable.from(textOf(pages), { objectMode: false });
}

async function* textOf(pages: Iterable<CsvRows> | AsyncIterable<CsvRows>): AsyncGenerator<string> {
  for await (const rows of pages) {
    if (rows.length > 0) yield rows.map((row) => `${row.map(cellOf).join(',')}\r\n`).join('');
  }
}

/** RFC 4180: a cell is quoted where it has to be. */
function cellOf(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
