import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { ServiceName } from '@wewrite/contracts';
import { z } from 'zod';

/** A span, wherever it was kept. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  /** Null for the first of a trace. */
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly service: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A payout's row, as far as it is traced. */
export interface TracedPayout {
  readonly id: string;
  readonly month: string;
  readonly user_id: string;
  readonly traceparent: string | null;
}

/** Who says what to whom while a month is being closed: the edges of its trace. */
const edges: readonly (readonly [from: ServiceName, topic: string, to: ServiceName])[] = [
  ['allocations', 'month.locked', 'earnings'],
  ['allocations', 'month.locked', 'billing'],
  ['earnings', 'earnings.calculated', 'billing'],
  ['earnings', 'earnings.calculated', 'payouts'],
  ['billing', 'escrow.funded', 'payouts'],
  ['payouts', 'payout.requested', 'payouts'],
  ['payouts', 'payout.settled', 'billing'],
  ['allocations', 'month.progress', 'monitoring'],
  ['earnings', 'month.progress', 'monitoring'],
  ['billing', 'month.progress', 'monitoring'],
  ['payouts', 'month.progress', 'monitoring'],
];

/**
 * F7: what is missing for one trace from a month's close to each call of Stripe; nothing when it is whole. A batch of
 * messages of several causes hangs under the first, so an edge is there when one batch shows it.
 */
export function faultsOfTrace(spans: readonly Span[], traceId: string, payouts: readonly TracedPayout[]): string[] {
  const own = new Map(spans.filter((span) => span.traceId === traceId).map((span) => [span.spanId, span]));
  const all = [...own.values()];
  const parentOf = (span: Span) => own.get(span.parentSpanId ?? '');
  const roots = all.filter((span) => span.parentSpanId === null).map(({ service, name }) => `${service} ${name}`);
  const orphans = all.filter((span) => span.parentSpanId !== null && parentOf(span) === undefined);
  const missing = edges.filter(
    ([from, topic, to]) =>
      !all.some((span) => span.service === to && span.name === `${topic} process` && parentOf(span)?.service === from),
  );
  return [
    ...(roots.length === 1 && roots[0] === 'gateway POST /v1/*' ? [] : [`it begins with ${roots.join(', ')}`]),
    ...orphans.map(({ service, name }) => `${service} ${name} has a parent that is not there`),
    ...missing.map((edge) => `no edge ${edge.join(' → ')}`),
    ...payouts.flatMap((payout) => faultsOfPayout(all, payout, { traceId, parentOf })),
  ];
}

function faultsOfPayout(
  spans: readonly Span[],
  payout: TracedPayout,
  { traceId, parentOf }: { traceId: string; parentOf: (span: Span) => Span | undefined },
): string[] {
  const called = spans.find(({ attributes }) => attributes['stripe.object_id'] === payout.id);
  const services = new Set<string>();
  for (let span = called; span !== undefined; span = parentOf(span)) services.add(span.service);
  const isTagged = spans.some(
    ({ attributes }) =>
      attributes['payout.id'] === payout.id &&
      attributes['writer.id'] === payout.user_id &&
      attributes.month === payout.month,
  );
  return [
    ...(payout.traceparent?.split('-')[1] === traceId ? [] : [`payout ${payout.id} names another trace`]),
    ...(isTagged ? [] : [`payout ${payout.id} is not to be found by its id, writer and month`]),
    ...(called === undefined ? [`payout ${payout.id} has no call of Stripe`] : []),
    ...['payouts', 'allocations', 'gateway']
      .filter((name) => !services.has(name))
      .map((name) => `the call of Stripe for payout ${payout.id} does not come from ${name}`),
  ];
}

const rowSchema = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().nullable(),
  name: z.string(),
  service: z.string(),
  attributes: z.record(z.string(), z.unknown()),
});

/** The spans of `TRACES_FILE`. */
export function spansIn(file: string): Span[] {
  if (!existsSync(file)) return [];
  const rows = readFileSync(file, 'utf8').trimEnd().split('\n');
  return rows.map((row) => rowSchema.parse(JSON.parse(row)));
}

const attributesSchema = z
  .array(z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) }))
  .transform((list) => Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0]])));
const exportSchema = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: attributesSchema }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              name: z.string(),
              attributes: attributesSchema,
            }),
          ),
        }),
      ),
    }),
  ),
});

/** A collector: takes spans over OTLP as JSON, and keeps them. */
export async function startCollector(): Promise<{ url: string; spans: Span[]; stop(): Promise<void> }> {
  const spans: Span[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.url === '/v1/traces') spans.push(...received(Buffer.concat(chunks).toString()));
      response.writeHead(request.url === '/v1/traces' ? 200 : 404, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = z.object({ port: z.int() }).parse(server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function received(body: string): Span[] {
  return exportSchema.parse(JSON.parse(body)).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap((scope) =>
      scope.spans.map((span) => ({
        ...span,
        parentSpanId: span.parentSpanId === undefined || span.parentSpanId === '' ? null : span.parentSpanId,
        service: String(resource.attributes['service.name']),
      })),
    ),
  );
}
