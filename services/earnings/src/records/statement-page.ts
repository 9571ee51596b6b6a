import { createHash } from 'node:crypto';
import { dollars, type Month } from '@wewrite/contracts';
import type { WriterMonth } from '../writer-month.ts';

/** What one of the writer's resources brought in the month. */
export interface StatementRow {
  readonly resourceType: string;
  readonly resourceId: string;
  readonly supporterCount: number;
  readonly grossCents: number;
  readonly feeCents: number;
}

/** All that a statement shows; amounts in cents. */
export interface Statement {
  readonly recipientUserId: string;
  readonly month: Month;
  readonly feeBasisPoints: number;
  readonly amounts: WriterMonth;
  readonly rows: readonly StatementRow[];
  readonly holds: readonly { readonly netCents: number; readonly reason: string }[];
}

const style = `
body { font: 15px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { text-align: left; padding: 0.3rem 0.5rem; border-bottom: 1px solid #ddd; overflow-wrap: anywhere; }
td.amount, th.amount { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
tfoot th { border-top: 2px solid #1b1b1b; }
@media print { body { margin: 0; max-width: none; } }
`;

/** Nothing but the page's own style: no script, no image, no frame, nobody else's server. */
export const statementPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** A writer's month as a page to print: resources, fee, what was reversed or is held. */
export function statementPage(statement: Statement): string {
  const { recipientUserId, month, amounts, rows } = statement;
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Earnings of ${month}</title><style>${style}</style></head>
<body>
<h1>Earnings of ${month}</h1>
<p>Writer ${escaped(recipientUserId)}. Amounts in US dollars.</p>
<table>
<thead><tr><th>Resource</th><th class="amount">Supporters</th><th class="amount">Gross</th><th class="amount">Platform fee</th><th class="amount">Net</th></tr></thead>
<tbody>
${rows.map(resourceRow).join('\n')}
</tbody>
<tfoot><tr><th>Total</th><td></td>${amountCells(amounts.grossCents, amounts.platformFeeCents)}</tr></tfoot>
</table>
<p>The platform fee is ${statement.feeBasisPoints / 100} % of the month’s gross, rounded half up.</p>
${laterTable(statement)}</body>
</html>
`;
}

function resourceRow({ resourceType, resourceId, supporterCount, grossCents, feeCents }: StatementRow): string {
  const name = `<td>${escaped(resourceType)} ${escaped(resourceId)}</td>`;
  return `<tr>${name}<td class="amount">${supporterCount}</td>${amountCells(grossCents, feeCents)}</tr>`;
}

/** What became of the month after it was calculated; nothing where nothing did. */
function laterTable({ amounts, holds }: Statement): string {
  const rows = [
    ...(amounts.reversed.grossCents === 0 ? [] : [laterRow('Taken back', -amounts.reversed.netCents)]),
    ...(amounts.disputed.grossCents === 0 ? [] : [laterRow('In dispute', -amounts.disputed.netCents)]),
    ...holds.map(({ netCents, reason }) => laterRow(`On hold: ${reason}`, -netCents)),
  ];
  if (rows.length === 0) return '';
  return `<h2>Since then</h2>
<table>
<tbody>
${rows.join('\n')}
</tbody>
</table>
`;
}

function laterRow(what: string, netCents: number): string {
  return `<tr><td>${escaped(what)}</td><td class="amount">${dollars(netCents)}</td></tr>`;
}

function amountCells(grossCents: number, feeCents: number): string {
  return [grossCents, feeCents, grossCents - feeCents]
    .map((amountCents) => `<td class="amount">${dollars(amountCents)}</td>`)
    .join('');
}

function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
