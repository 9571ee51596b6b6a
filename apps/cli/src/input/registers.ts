import type { UserId } from '@wewrite/contracts';
import type { Faults } from './fault.ts';
import {
  parseId,
  parseOptionalSubscription,
  parseResourceType,
  parseSubscription,
  parseText,
  parseUserId,
  wordOf,
} from './fields.ts';
import { payoutAccounts, type Resource, renewals, resourceName, type Supporter, type Writer } from './input.ts';
import { fileNames } from './input-files.ts';
import { type ParsedRow, parseFile } from './parse-file.ts';

/**
 * What a file of users or resources holds. `written` has the key of every row, also of one with a fault, so that who
 * refers to it is not told that it is unknown.
 */
export interface Register<Key extends string, Entry> {
  readonly entries: ReadonlyMap<Key, Entry>;
  readonly lines: ReadonlyMap<Key, number>;
  readonly written: ReadonlySet<string>;
}

/** Reads `writers.csv`; `null` when it is no such table. */
export function readWriters(bytes: Buffer, faults: Faults): Register<UserId, Writer> | null {
  const cells = { user_id: parseUserId, name: parseText, payout_account: wordOf(payoutAccounts) };
  const rows = parseFile(fileNames.writers, bytes, cells, faults);
  if (rows === null) return null;
  refuseDuplicates(fileNames.writers, rows, ['user_id'], faults);
  const written = new Set(rows.map((row) => row.cells.user_id));
  return register(rows, written, (values): [UserId, Writer] => [
    values.user_id,
    { userId: values.user_id, name: values.name, payoutAccount: values.payout_account },
  ]);
}

/** Reads `supporters.csv`; `null` when it is no such table. */
export function readSupporters(bytes: Buffer, faults: Faults): Register<UserId, Supporter> | null {
  const cells = {
    user_id: parseUserId,
    name: parseText,
    monthly_cents: parseSubscription,
    renews_at_cents: parseOptionalSubscription,
    payment: wordOf(renewals),
  };
  const rows = parseFile(fileNames.supporters, bytes, cells, faults);
  if (rows === null) return null;
  refuseDuplicates(fileNames.supporters, rows, ['user_id'], faults);
  const written = new Set(rows.map((row) => row.cells.user_id));
  return register(rows, written, (values): [UserId, Supporter] => [
    values.user_id,
    {
      userId: values.user_id,
      name: values.name,
      monthlyCents: values.monthly_cents,
      renewsAtCents: values.renews_at_cents,
      payment: values.payment,
    },
  ]);
}

/** Reads `resources.csv`; entries by `resourceName`. `null` when it is no such table. */
export function readResources(bytes: Buffer, faults: Faults): Register<string, Resource> | null {
  const cells = {
    resource_type: parseResourceType,
    resource_id: parseId,
    owner_user_id: parseUserId,
    title: parseText,
  };
  const rows = parseFile(fileNames.resources, bytes, cells, faults);
  if (rows === null) return null;
  refuseDuplicates(fileNames.resources, rows, ['resource_type', 'resource_id'], faults);
  const written = new Set(rows.map((row) => `${row.cells.resource_type}/${row.cells.resource_id}`));
  return register(rows, written, (values): [string, Resource] => {
    const key = { resourceType: values.resource_type, resourceId: values.resource_id };
    return [resourceName(key), { ...key, ownerUserId: values.owner_user_id, title: values.title }];
  });
}

/** Adds a fault for each row whose cells in `columns` are those of an earlier row. */
export function refuseDuplicates<Values>(
  file: string,
  rows: readonly ParsedRow<Values>[],
  columns: readonly Extract<keyof Values, string>[],
  faults: Faults,
): void {
  const firstLines = new Map<string, number>();
  for (const { line, cells } of rows) {
    const key = JSON.stringify(columns.map((column) => cells[column]));
    const first = firstLines.get(key);
    if (first === undefined) firstLines.set(key, line);
    else faults.add({ file, line, column: columns.at(-1) ?? null, reason: `it is a duplicate of line ${first}` });
  }
}

function register<Values, Key extends string, Entry>(
  rows: readonly ParsedRow<Values>[],
  written: ReadonlySet<string>,
  entryOf: (values: Values) => [Key, Entry],
): Register<Key, Entry> {
  const entries = new Map<Key, Entry>();
  const lines = new Map<Key, number>();
  for (const { line, values } of rows) {
    if (values === null) continue;
    const [key, entry] = entryOf(values);
    if (entries.has(key)) continue;
    entries.set(key, entry);
    lines.set(key, line);
  }
  return { entries, lines, written };
}
