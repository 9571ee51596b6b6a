import { isUtf8 } from 'node:buffer';
import { CsvError, type Info, parse } from 'csv-parse/sync';
import { z } from 'zod';
import type { Faults } from './fault.ts';

/** One record of a CSV file by column name, with the line that it begins on (the header is line 1). */
export interface Row<Column extends string> {
  readonly line: number;
  readonly cells: Readonly<Record<Column, string>>;
}

const lineFeed = 0x0a;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Reads a CSV file (RFC 4180, LF or CRLF, strict UTF-8, a byte-order mark is allowed) whose header holds exactly these
 * columns, in any order. What is wrong goes to `faults`; rows at fault are left out. `null` when the file cannot be
 * read as such a table at all.
 */
export function readTable<Column extends string>(
  file: string,
  bytes: Buffer,
  columns: readonly Column[],
  faults: Faults,
): Row<Column>[] | null {
  const start = bytes.subarray(0, 3).equals(byteOrderMark) ? 3 : 0;
  const content = bytes.subarray(start);
  const refuse = (line: number | null, column: string | null, reason: string) => {
    faults.add({ file, line, column, reason });
    return null;
  };
  if (!isUtf8(content)) return refuseBrokenText(content, start, refuse);
  const records = readRecords(content, refuse);
  if (records === null) return null;
  const [header, ...rest] = records;
  if (header === undefined) return refuse(1, null, `the file is empty: line 1 has to be ${columns.join(',')}`);
  if (!isHeader(header.fields, columns, refuse)) return null;
  const rows: Row<Column>[] = [];
  for (const { line, fields } of rest) {
    if (fields.length === columns.length) rows.push({ line, cells: cellsOf(header.fields, fields, columns) });
    else refuse(line, null, `the line has ${fields.length} fields, the header has ${columns.length}`);
  }
  return rows;
}

type Refuse = (line: number | null, column: string | null, reason: string) => null;

interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

function readRecords(content: Buffer, refuse: Refuse): CsvRecord[] | null {
  const positions = lineCounter(content);
  try {
    const parsed = parse(content, {
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      record_delimiter: ['\r\n', '\n'],
    }) as unknown as { record: string[]; info: Info }[];
    return parsed.map(({ record, info }) => ({
      // The record's last line, less the line feeds inside its quoted fields.
      line: positions.lastLineBefore(info.bytes) - record.reduce((sum, field) => sum + lineFeedsIn(field), 0),
      fields: record,
    }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const place = ErrorPlaceSchema.parse(error);
    // The parser has counted the first byte of the record that it cannot read.
    const line = positions.lastLineBefore(place.bytes);
    return refuse(line, columnAt(content, place.column), quoteFaults[error.code] ?? error.message);
  }
}

const ErrorPlaceSchema = z.object({ bytes: z.number(), column: z.union([z.number(), z.string()]).optional() });

const quoteFaults: Readonly<Record<string, string>> = {
  CSV_INVALID_CLOSING_QUOTE: 'a quoted field goes on after its closing quote: write a quote inside it twice',
  INVALID_OPENING_QUOTE: 'a quote stands inside a field that is not quoted: quote the field and write the quote twice',
  CSV_QUOTE_NOT_CLOSED: 'a quoted field that begins in this record is never closed',
};

/** Counts lines by bytes, since the parser counts a CRLF inside quotes twice. Asked in rising order. */
function lineCounter(content: Buffer) {
  let position = 0;
  let lineFeeds = 0;
  return {
    lastLineBefore(end: number): number {
      for (let next = content.indexOf(lineFeed, position); next !== -1 && next < end; ) {
        lineFeeds += 1;
        position = next + 1;
        next = content.indexOf(lineFeed, position);
      }
      return end > 0 && content[end - 1] === lineFeed ? lineFeeds : lineFeeds + 1;
    },
  };
}

function lineFeedsIn(field: string): number {
  return field.includes('\n') ? field.split('\n').length - 1 : 0;
}

function columnAt(content: Buffer, column: string | number | undefined): string | null {
  if (typeof column !== 'number') return null;
  const end = content.indexOf(lineFeed);
  const header = content.toString('utf8', 0, end === -1 ? content.length : end).trimEnd();
  return header.split(',')[column] ?? null;
}

function refuseBrokenText(content: Buffer, start: number, refuse: Refuse): null {
  let line = 1;
  for (let begin = 0; begin <= content.length; line++) {
    const end = content.indexOf(lineFeed, begin);
    const bytes = content.subarray(begin, end === -1 ? content.length : end);
    if (!isUtf8(bytes)) {
      const offset = begin + brokenByteOf(bytes);
      const commas = bytes.subarray(0, offset - begin).filter((byte) => byte === 0x2c).length;
      return refuse(
        line,
        columnAt(content, commas),
        `byte ${start + offset} of the file is not UTF-8: save it as UTF-8`,
      );
    }
    begin += bytes.length + 1;
  }
  return refuse(null, null, 'the file is not UTF-8');
}

function brokenByteOf(bytes: Buffer): number {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for (let index = 0; index < bytes.length; index++) {
    try {
      decoder.decode(bytes.subarray(index, index + 1), { stream: true });
    } catch {
      return index;
    }
  }
  return bytes.length;
}

function isHeader(header: readonly string[], columns: readonly string[], refuse: Refuse): boolean {
  const known = new Set(columns);
  const missing = columns.filter((column) => !header.includes(column));
  const unknown = header.filter((column) => !known.has(column));
  const twice = columns.filter((column) => header.indexOf(column) !== header.lastIndexOf(column));
  const expected = `the columns are ${columns.join(',')}`;
  for (const column of missing) refuse(1, column, `the column is missing: ${expected}`);
  for (const column of unknown) refuse(1, column, `the column is unknown: ${expected}`);
  for (const column of twice) refuse(1, column, 'the column is there twice');
  return missing.length + unknown.length + twice.length === 0;
}

function cellsOf<Column extends string>(
  header: readonly string[],
  fields: readonly string[],
  columns: readonly Column[],
): Record<Column, string> {
  const cells = Object.fromEntries(columns.map((column) => [column, fields[header.indexOf(column)] ?? '']));
  return cells as Record<Column, string>;
}
