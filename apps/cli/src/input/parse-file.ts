import { type Row, readTable } from './csv-table.ts';
import type { Faults } from './fault.ts';
import type { Parsed } from './fields.ts';

/** How the cells of a file are read, by column: its keys are the file's columns. */
export type Cells<Values> = { readonly [Column in keyof Values]: (text: string) => Parsed<Values[Column]> };

/** A row whose cells are all in order, or one with a fault (`values` is null), whose texts may still be asked for. */
export interface ParsedRow<Values> {
  readonly line: number;
  readonly cells: Readonly<Record<Extract<keyof Values, string>, string>>;
  readonly values: Values | null;
}

/** Reads a file and each of its cells; faults are collected. `null` when it is no table with these columns. */
export function parseFile<Values>(
  file: string,
  bytes: Buffer,
  cells: Cells<Values>,
  faults: Faults,
): ParsedRow<Values>[] | null {
  const columns = Object.keys(cells) as Extract<keyof Values, string>[];
  const rows = readTable(file, bytes, columns, faults);
  return rows?.map((row) => parseRow(file, row, columns, cells, faults)) ?? null;
}

function parseRow<Values>(
  file: string,
  row: Row<Extract<keyof Values, string>>,
  columns: readonly Extract<keyof Values, string>[],
  cells: Cells<Values>,
  faults: Faults,
): ParsedRow<Values> {
  const values: Partial<Values> = {};
  let whole = true;
  for (const column of columns) {
    const parsed = cells[column](row.cells[column]);
    if (parsed.valid) values[column] = parsed.value;
    else {
      whole = false;
      faults.add({ file, line: row.line, column, reason: parsed.reason });
    }
  }
  return { line: row.line, cells: row.cells, values: whole ? (values as Values) : null };
}
