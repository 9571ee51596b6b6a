import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  type Attributes,
  type Context,
  context,
  type Link,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import {
  ExportResultCode,
  hrTimeToMilliseconds,
  hrTimeToTimeStamp,
  W3CTraceContextPropagator,
} from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';

/** Spans of one service. Each service has its own provider, so that names stay apart when several share a process. */
export interface Telemetry {
  /** Runs `work` in a span that ends with it; a throw is recorded and marks it failed. */
  span<Result>(options: SpanOptions, work: (span: Span) => Promise<Result>): Promise<Result>;
  shutdown(): Promise<void>;
}

/** What a span is called, and where it hangs. */
export interface SpanOptions {
  readonly name: string;
  readonly kind?: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  readonly attributes?: Attributes;
  /** A W3C traceparent to continue; else the active span is the parent. */
  readonly parent?: string | null | undefined;
  /** Traceparents of other causes, joined by links. */
  readonly links?: readonly string[];
}

const kinds = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;

/** Makes context flow through promises and W3C headers. Once a process, before anything else. */
export function prepareTelemetry(): void {
  new NodeSDK({
    autoDetectResources: false,
    textMapPropagator: new W3CTraceContextPropagator(),
    spanProcessors: [],
    metricReaders: [],
    logRecordProcessors: [],
  }).start();
}

/** How long a collector that does not answer may hold up the end of a process. */
const exportTimeoutMs = 3_000;

/** Exports over OTLP where an endpoint is given, else as JSON lines into a file, else nowhere. */
export function createTelemetry(options: {
  service: string;
  otlpEndpoint?: string | undefined;
  file?: string | undefined;
}): Telemetry {
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': options.service }),
    spanProcessors: processorsFor(options),
  });
  const tracer = provider.getTracer('@wewrite/service-kit');
  return {
    span: (spanOptions, work) => runInSpan(tracer, spanOptions, work),
    // Spans that no collector takes are lost, and nothing else: the service has drained all the same.
    shutdown: () => provider.shutdown().catch(() => undefined),
  };
}

/** The active span's traceparent, to be kept on rows and messages; null outside of any span. */
export function activeTraceparent(): string | null {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent ?? null;
}

/** The active trace's id, or null. */
export function activeTraceId(): string | null {
  return trace.getSpanContext(context.active())?.traceId ?? null;
}

/** The trace id inside a traceparent. */
export function traceIdOf(traceparent: string): string {
  return traceparent.split('-')[1] ?? '';
}

function contextOf(traceparent: string): Context {
  return propagation.extract(ROOT_CONTEXT, { traceparent });
}

function runInSpan<Result>(
  tracer: Tracer,
  options: SpanOptions,
  work: (span: Span) => Promise<Result>,
): Promise<Result> {
  const parent = options.parent ? contextOf(options.parent) : context.active();
  const settings = {
    kind: kinds[options.kind ?? 'internal'],
    links: (options.links ?? []).flatMap(linkOf),
    ...(options.attributes === undefined ? {} : { attributes: options.attributes }),
  };
  return tracer.startActiveSpan(options.name, settings, parent, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      span.recordException(Error.isError(error) ? error : String(error));
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  });
}

function linkOf(traceparent: string): Link[] {
  const spanContext = trace.getSpanContext(contextOf(traceparent));
  return spanContext === undefined ? [] : [{ context: spanContext }];
}

function processorsFor(options: { otlpEndpoint?: string | undefined; file?: string | undefined }) {
  if (options.otlpEndpoint !== undefined) {
    const url = `${options.otlpEndpoint.replace(/\/$/, '')}/v1/traces`;
    const exporter = new OTLPTraceExporter({ url, timeoutMillis: exportTimeoutMs });
    return [new BatchSpanProcessor({ exporter })];
  }
  return options.file === undefined ? [] : [new BatchSpanProcessor({ exporter: fileExporter(options.file) })];
}

/** One JSON object a span and line: traces stay readable where no collector runs. */
function fileExporter(file: string): SpanExporter {
  mkdirSync(dirname(file), { recursive: true });
  return {
    export: (spans, done) => {
      appendFileSync(file, spans.map((span) => `${JSON.stringify(spanRow(span))}\n`).join(''));
      done({ code: ExportResultCode.SUCCESS });
    },
    shutdown: async () => undefined,
  };
}

function spanRow(span: ReadableSpan) {
  const { traceId, spanId } = span.spanContext();
  return {
    traceId,
    spanId,
    parentSpanId: span.parentSpanContext?.spanId ?? null,
    name: span.name,
    service: span.resource.attributes['service.name'],
    kind: SpanKind[span.kind],
    start: hrTimeToTimeStamp(span.startTime),
    durationMs: hrTimeToMilliseconds(span.duration),
    failed: span.status.code === SpanStatusCode.ERROR,
    attributes: span.attributes,
    links: span.links.map((link) => ({ traceId: link.context.traceId, spanId: link.context.spanId })),
  };
}
