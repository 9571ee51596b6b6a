import { firstInstantOf, type Month, MonthSchema, type UserId } from '@wewrite/contracts';
import { type CommunityEvent, type EventKind, eventKinds } from './event.ts';
import type { Faults } from './fault.ts';
import { type Parsed, parseCents, parseInstant, parseUserId, shown, wordOf } from './fields.ts';
import { fileNames } from './input-files.ts';
import { type ParsedRow, parseFile } from './parse-file.ts';

interface EventCells {
  readonly at: Date;
  readonly event: EventKind;
  readonly user_id: UserId;
  readonly month: Month | null;
  readonly usd_cents: CommunityEvent['usdCents'];
}

const eventCells = {
  at: parseInstant,
  event: wordOf(Object.keys(eventKinds) as EventKind[]),
  user_id: parseUserId,
  month: parseOptionalMonth,
  usd_cents: (text: string) => (text === '' ? ({ valid: true, value: null } as const) : parseCents(text)),
};

/** Who may be named by an event. */
export interface KnownUsers {
  readonly supporter: ReadonlySet<string>;
  readonly writer: ReadonlySet<string>;
}

/**
 * Reads `events.csv`, in order of time; equal instants in the file's order. Faults are collected, and what is without
 * fault comes back. `null` when it is no such table.
 */
export function readEvents(
  bytes: Buffer | null,
  firstMonth: Month,
  known: KnownUsers,
  faults: Faults,
): CommunityEvent[] | null {
  if (bytes === null) return [];
  const rows = parseFile<EventCells>(fileNames.events, bytes, eventCells, faults);
  if (rows === null) return null;
  return rows
    .flatMap((row) => eventOf(row, firstMonth, known, faults))
    .sort((a, b) => a.at.getTime() - b.at.getTime() || a.line - b.line);
}

function eventOf(
  { line, values, cells }: ParsedRow<EventCells>,
  firstMonth: Month,
  known: KnownUsers,
  faults: Faults,
): CommunityEvent[] {
  if (values === null) return [];
  const { at, event: kind, user_id: userId, month, usd_cents: usdCents } = values;
  const { who, amount, ofMonth } = eventKinds[kind];
  const reasons = new Map<string, string>();
  const first = firstInstantOf(firstMonth);
  if (at < first) reasons.set('at', `${cells.at} is before the first month, which begins at ${first.toISOString()}`);
  if (!known[who].has(userId))
    reasons.set('user_id', `${shown(userId)} is an unknown user: who is named has to be in ${fileNames[`${who}s`]}`);
  if (ofMonth && month === null) reasons.set('month', `it is empty: ${kind} needs the month that it concerns`);
  if (!ofMonth && month !== null) reasons.set('month', `${kind} concerns no month: leave it empty`);
  if (amount === 'required' && usdCents === null) reasons.set('usd_cents', `it is empty: ${kind} needs an amount`);
  if (amount === 'none' && usdCents !== null) reasons.set('usd_cents', `${kind} has no amount: leave it empty`);
  for (const [column, reason] of reasons) faults.add({ file: fileNames.events, line, column, reason });
  return reasons.size === 0 ? [{ line, at, kind, userId, month, usdCents }] : [];
}

function parseOptionalMonth(text: string): Parsed<Month | null> {
  if (text === '') return { valid: true, value: null };
  const parsed = MonthSchema.safeParse(text);
  return parsed.success
    ? { valid: true, value: parsed.data }
    : { valid: false, reason: `${shown(text)} is no month: write YYYY-MM` };
}
