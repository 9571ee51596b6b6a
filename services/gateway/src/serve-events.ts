import { createHash } from 'node:crypto';
import { topics } from '@wewrite/contracts';
import { asyncApiOf } from '@wewrite/contracts/documents';
import { goldenExamplesOf } from '@wewrite/contracts/golden';
import type { Server } from '@wewrite/service-kit';
import { eventsPageOf, eventsStyle } from './events-page.ts';

const styleHash = createHash('sha256').update(eventsStyle).digest('base64');
const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** The events that services tell each other: as AsyncAPI document, and as a page at `/events`. */
export function serveEvents(server: Server, version: string): void {
  const document = asyncApiOf(topics, { version, examplesOf: goldenExamplesOf });
  const page = eventsPageOf(topics, goldenExamplesOf);
  server.get('/asyncapi.json', { schema: { hide: true }, config: { access: 'public' } }, async () => document);
  server.get('/events', { schema: { hide: true }, config: { access: 'public' } }, async (_request, reply) =>
    reply.headers(pageHeaders).send(page),
  );
}
