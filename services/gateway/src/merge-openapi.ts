import { z } from 'zod';
import type { Upstreams } from './upstreams.ts';

const DocumentSchema = z.looseObject({
  paths: z.record(z.string(), z.unknown()).default({}),
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()).default({}) }).default({ schemas: {} }),
});

/** Anybody may ask, and each time all services are asked: what they answered is good for so long. */
const keptMs = 5_000;

/**
 * One OpenAPI document for clients: the paths of all services, as they serve them now or did a moment ago. Of a service
 * that does not answer it says so.
 */
export function mergedOpenApi(upstreams: Upstreams, version: string, nowMs: () => number) {
  let kept: { readonly document: ReturnType<typeof mergeOpenApi>; readonly untilMs: number } | undefined;
  return () => {
    if (kept === undefined || nowMs() >= kept.untilMs) {
      kept = { document: mergeOpenApi(upstreams, version), untilMs: nowMs() + keptMs };
    }
    return kept.document;
  };
}

async function mergeOpenApi(upstreams: Upstreams, version: string) {
  const asked = await Promise.all(
    Object.entries(upstreams).map(async ([service, url]) => ({
      service,
      document: await readDocument(url).catch(() => null),
    })),
  );
  const documents = asked.flatMap(({ document }) => document ?? []);
  const silent = asked.filter(({ document }) => document === null).map(({ service }) => service);
  return {
    openapi: '3.1.0',
    info: {
      title: 'WeWrite',
      version,
      description: [
        'Allocations, subscriptions, earnings, payouts and month closes. What services tell each other: [events](/events).',
        ...silent.map((service) => `The service ${service} does not answer now: its paths are missing here.`),
      ].join('\n\n'),
    },
    externalDocs: { description: 'What services tell each other: events', url: '/events' },
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: Object.assign({}, ...documents.map((document) => document.components.schemas)),
    },
    paths: Object.assign({}, ...documents.map((document) => document.paths)),
  };
}

async function readDocument(url: string): Promise<z.infer<typeof DocumentSchema>> {
  const answer = await fetch(new URL('/openapi.json', url), { signal: AbortSignal.timeout(5_000) });
  return DocumentSchema.parse(await answer.json());
}
