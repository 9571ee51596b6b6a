import { EarningsMonthPathSchema } from '@wewrite/contracts';
import {
  type CsvRows,
  CsvSchema,
  csvHeaders,
  csvOf,
  identityOf,
  problemResponses,
  type Server,
} from '@wewrite/service-kit';
import type { Context } from '../db.ts';
import { findCalculatedRun } from '../find-run.ts';
import { type LineKeys, lineKeys } from '../line-key.ts';
import { disguised, type OrderedLinesOf, readOrderedLines } from '../read-earnings.ts';
import { readWriterMonths } from '../writer-month.ts';

const linesPerPage = 5_000;

/** `GET /v1/earnings.csv` and `/v1/earnings/{month}.csv`: a writer's months, and the lines of one, in whole cents (C4). */
export function exportEarnings(server: Server, context: Context): void {
  server.get(
    '/v1/earnings.csv',
    {
      schema: { summary: "The writer's months as CSV", response: { 200: CsvSchema, ...problemResponses } },
      config: { access: ['writer'] },
    },
    async (request, reply) => {
      const months = await readWriterMonths(context, { recipientUserId: identityOf(request).userId });
      const rows = months.map(({ month, lineCount, reversed, disputed, ...earned }) => [
        month,
        lineCount,
        ...[earned, reversed, disputed].flatMap((sum) => [sum.grossCents, sum.platformFeeCents, sum.netCents]),
      ]);
      reply.headers(csvHeaders('earnings.csv'));
      return reply.send(csvOf([[monthHeader, ...rows]]));
    },
  );
  const keys = lineKeys(context.config.LINE_KEY_SECRET);
  server.get(
    '/v1/earnings/:month.csv',
    {
      schema: {
        summary: "A month's lines as CSV",
        params: EarningsMonthPathSchema,
        response: { 200: CsvSchema, ...problemResponses },
      },
      config: { access: ['writer'] },
    },
    async (request, reply) => {
      const { month } = request.params;
      const { runId } = await findCalculatedRun(context, month);
      const of = { runId, recipientUserId: identityOf(request).userId, orderKey: keys.orderKey(runId) };
      reply.headers(csvHeaders(`earnings-${month}.csv`));
      return reply.send(csvOf(lineRows(context, of, keys)));
    },
  );
}

/** Page by page, so that memory stays flat however many lines there are. */
async function* lineRows(context: Context, of: OrderedLinesOf, keys: LineKeys): AsyncGenerator<CsvRows> {
  yield [lineHeader];
  for (let after = ''; ; ) {
    const lines = await readOrderedLines(context, of, { after, limit: linesPerPage });
    yield lines.map((line) => lineRow(disguised(line, keys)));
    const last = lines.at(-1);
    if (last === undefined || lines.length < linesPerPage) return;
    after = last.place;
  }
}

function lineRow({ reversed, disputed, ...line }: ReturnType<typeof disguised>) {
  const taken = [reversed, disputed].flatMap((sum) => [sum.grossCents, sum.platformFeeCents, sum.netCents]);
  const { lineKey, supporter, resourceType, resourceId, status, usdCents, fundedCents, feeCents, netCents } = line;
  return [lineKey, supporter, resourceType, resourceId, status, usdCents, fundedCents, feeCents, netCents, ...taken];
}

const amountColumns = (prefix: string) =>
  ['gross_cents', 'platform_fee_cents', 'net_cents'].map((name) => prefix + name);

const monthHeader = [
  ...['month', 'line_count'],
  ...amountColumns(''),
  ...amountColumns('reversed_'),
  ...amountColumns('disputed_'),
];

const lineHeader = [
  ...['line_key', 'supporter', 'resource_type', 'resource_id', 'status'],
  ...['usd_cents', 'funded_cents', 'platform_fee_cents', 'net_cents'],
  ...amountColumns('reversed_'),
  ...amountColumns('disputed_'),
];
