import { z } from 'zod';
import type { Upstreams } from './upstreams.ts';

const DocumentSchema = z.looseObject({
  paths: z.record(z.string(), z.unknown()).default({}),
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()).default({}) }).default({ schemas: {} }),
});

/** One OpenAPI document for clients: the paths of all services, asked of them each time, so that it is what they serve. */
export async function mergeOpenApi(upstreams: Upstreams, version: string) {
  const documents = await Promise.all(
    Object.values(upstreams).map(async (url) =>
      DocumentSchema.parse(
        await (await fetch(new URL('/openapi.json', url), { signal: AbortSignal.timeout(5_000) })).json(),
      ),
    ),
  );
  return {
    openapi: '3.1.0',
    info: {
      title: 'WeWrite',
      version,
      description:
        'Allocations, subscriptions, earnings, payouts and month closes. What services tell each other: [events](/events).',
    },
    externalDocs: { description: 'What services tell each other: events', url: '/events' },
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: Object.assign({}, ...documents.map((document) => document.components.schemas)),
    },
    paths: Object.assign({}, ...documents.map((document) => document.paths)),
  };
}
