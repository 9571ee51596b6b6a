import { z } from 'zod';
import type { Upstreams } from './upstreams.ts';

const DocumentSchema = z.looseObject({
  paths: z.record(z.string(), z.unknown()).default({}),
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()).default({}) }).default({ schemas: {} }),
});

/**
 * One OpenAPI document for clients: the paths of all services, asked of them each time, so that it is what they serve. Of a
 * service that does not answer it says so.
 */
export async function mergeOpenApi(upstreams: Upstreams, version: string) {
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
