import type { EarningsLine } from '@wewrite/contracts';
import { stringify } from 'csv-stringify/sync';

const columns = {
  lineId: 'line_id',
  month: 'month',
  userId: 'user_id',
  recipientUserId: 'recipient_user_id',
  resourceType: 'resource_type',
  resourceId: 'resource_id',
  usdCents: 'usd_cents',
  fundedCents: 'funded_cents',
  feeCents: 'fee_cents',
} as const satisfies Record<keyof EarningsLine, string>;

/** The CSV that `--lines` writes: by month, then by line id as bytes. */
export function linesCsv(lines: readonly EarningsLine[]): string {
  const keyed = lines.map((line) => ({ line, id: Buffer.from(line.lineId) }));
  keyed.sort((a, b) => compare(a.line.month, b.line.month) || Buffer.compare(a.id, b.id));
  return stringify(
    keyed.map(({ line }) => line),
    { header: true, columns },
  );
}

/** Months are ASCII: their order as text is that of time. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
