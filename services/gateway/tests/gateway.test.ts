import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ProblemSchema, serviceNames, topics } from '@wewrite/contracts';
import { developmentKeys } from '@wewrite/local-stack';
import type { RunningService } from '@wewrite/service-kit';
import { z } from 'zod';
import { runGateway } from '../src/app.ts';

const EchoSchema = z.object({ service: z.string(), method: z.string(), url: z.string(), body: z.string() });
const silent = 'monitoring';

let gateway: RunningService;
let directory: string;
let token: string;
let environment: Record<string, string>;
const upstreams: Server[] = [];
const documentsAsked: string[] = [];

/** Answers with what arrived, as the service of that name would get it. */
async function startEcho(service: string): Promise<string> {
  const server = createServer(async (request, response) => {
    if (request.url === '/openapi.json' && request.method === 'GET') documentsAsked.push(service);
    if (request.url === '/openapi.json') return response.end(JSON.stringify({ paths: { [`/v1/${service}`]: {} } }));
    if (request.url === '/v1/allocations/stream') return response.writeHead(200).write(': open\n\n');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString('base64');
    response.end(JSON.stringify({ service, method: request.method, url: request.url, body }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  upstreams.push(server);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'wewrite-gateway-'));
  const keys = await developmentKeys(directory);
  token = await keys.sign({ sub: 'ada', roles: ['supporter'], expiresInSeconds: 60 });
  const urls: Record<string, string> = {};
  for (const service of serviceNames) urls[`${service.toUpperCase()}_URL`] = await startEcho(service);
  environment = {
    ...urls,
    PORT: '0',
    ADMIN_PORT: '0',
    JWKS_FILE: keys.jwksFile,
    LOG_LEVEL: 'silent',
    NODE_ENV: 'test',
  };
  gateway = await runGateway(environment);
});
afterAll(async () => {
  await gateway.stop();
  for (const server of upstreams) server.close();
  await rm(directory, { recursive: true });
});

const ask = (path: string, init: RequestInit = {}) =>
  fetch(`${gateway.url}${path}`, { ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } });
const echo = async (path: string, init: RequestInit = {}) => EchoSchema.parse(await (await ask(path, init)).json());
const problem = async (answer: Response) => ProblemSchema.parse(await answer.json());

describe('one port for clients', () => {
  test.each([
    ['/v1/allocations', 'allocations'],
    ['/v1/allocations/page/p%25_1', 'allocations'],
    ['/v1/allocations/page/..a', 'allocations'],
    ['/v1/allocations/page/%2E%2E%2Fb%3Fc', 'allocations'],
    ['/v1/months/current', 'allocations'],
    ['/v1/months/2026-11/close', 'allocations'],
    ['/v1/subscription', 'billing'],
    ['/v1/months/2026-11/lines?limit=5', 'earnings'],
    ['/v1/months/2026-11/payouts', 'payouts'],
    ['/v1/payout-account', 'payouts'],
    ['/v1/months/2026-11/progress', 'monitoring'],
  ])('%s is answered by %s, its path unchanged', async (path, service) => {
    expect(await echo(path)).toMatchObject({ service, url: path, method: 'GET' });
  });

  test('bytes and methods reach the service unchanged, webhooks without a token', async () => {
    const bytes = Buffer.from([0, 1, 255, 123, 10, 13]);
    const put = { method: 'PUT', body: bytes, headers: { 'content-type': 'application/octet-stream' } };
    expect(await echo('/v1/allocations/page/x', put)).toMatchObject({ method: 'PUT', body: bytes.toString('base64') });
    const webhook = await fetch(`${gateway.url}/webhooks/stripe`, { method: 'POST', body: '{"id": "evt_1" }' });
    const echoed = EchoSchema.parse(await webhook.json());
    expect(echoed).toMatchObject({ service: 'billing', body: Buffer.from('{"id": "evt_1" }').toString('base64') });
  });

  test('A5: however many streams are open, plans are read and changed', async () => {
    const closing = new AbortController();
    const open = Array.from({ length: 150 }, () => ask('/v1/allocations/stream', { signal: closing.signal }));
    expect(new Set((await Promise.all(open)).map(({ status }) => status))).toEqual(new Set([200]));
    expect(await echo('/v1/allocations')).toMatchObject({ service: 'allocations' });
    closing.abort();
  });

  test('strangers are turned away here, and unknown paths do not exist', async () => {
    const stranger = await ask('/v1/allocations', { headers: { authorization: '' } });
    expect(stranger.status).toBe(401);
    expect((await problem(stranger)).code).toBe('unauthenticated');
    for (const path of ['/v1/nowhere', '/v1/months/2026-11/constructor', '/v1/__proto__', '/', '/v2/allocations']) {
      expect((await problem(await ask(path))).code).toBe('not_found');
    }
  });

  test('who asks too often is told to slow down, and when to ask again', async () => {
    const limited = await runGateway({
      ...environment,
      RATE_LIMIT_BURST: '3',
      RATE_LIMIT_PER_SECOND: '1',
      RATE_LIMIT_EXEMPT: '',
    });
    const answers = [];
    for (let count = 0; count < 5; count++) {
      answers.push(await fetch(`${limited.url}/v1/allocations`, { headers: { authorization: `Bearer ${token}` } }));
    }
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 429, 429]);
    expect(answers[0]?.headers.get('ratelimit')).toBe('"user";r=2;t=0');
    const last = answers.at(-1);
    expect(last?.headers.get('retry-after')).toBe('1');
    expect(last === undefined ? null : (await problem(last)).code).toBe('rate_limited');
    await limited.stop();
  });

  test('one OpenAPI document has the paths of all services', async () => {
    const document = z
      .object({ openapi: z.string(), paths: z.record(z.string(), z.unknown()) })
      .parse(await (await fetch(`${gateway.url}/openapi.json`)).json());
    expect(Object.keys(document.paths).sort()).toEqual(serviceNames.map((service) => `/v1/${service}`).sort());
    const page = await fetch(`${gateway.url}/docs`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'self'; img-src 'self' data:; /);
  });

  test('however many ask for the OpenAPI document, the services are asked once in a while', async () => {
    const fresh = await runGateway(environment);
    documentsAsked.length = 0;
    const answers = await Promise.all(Array.from({ length: 50 }, () => fetch(`${fresh.url}/openapi.json`)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(documentsAsked.toSorted()).toEqual(serviceNames.toSorted());
    await fresh.stop();
  });

  test('one AsyncAPI document has the events of all services, and a page that loads nothing tells of them', async () => {
    const document = z
      .object({ asyncapi: z.string(), channels: z.record(z.string(), z.unknown()) })
      .parse(await (await fetch(`${gateway.url}/asyncapi.json`)).json());
    expect(Object.keys(document.channels)).toEqual(topics.map(({ name }) => name));
    const answer = await fetch(`${gateway.url}/events`);
    const page = await answer.text();
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(answer.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/]+='; base-uri 'none'/,
    );
    const style = page.match(/<style>([\s\S]*?)<\/style>/)?.[1] ?? '';
    expect(answer.headers.get('content-security-policy')).toContain(
      createHash('sha256').update(style).digest('base64'),
    );
    expect(page).not.toMatch(/<script|src=|https?:|style="/);
    for (const { name } of topics) expect(page).toContain(`<section id="${name}"`);
    // Each page, and each document, leads to the other.
    expect(page).toContain('href="/docs"');
    expect(await (await fetch(`${gateway.url}/openapi.json`)).json()).toMatchObject({
      externalDocs: { url: '/events' },
    });
  });

  test('a service that is away is a 503 problem', async () => {
    const index = serviceNames.indexOf(silent);
    await new Promise((resolve) => {
      upstreams[index]?.close(resolve);
      upstreams[index]?.closeAllConnections();
    });
    const answer = await ask('/v1/months/2026-11/progress');
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect((await problem(answer)).code).toBe('unavailable');
  });

  test('while one service is away the gateway stays ready for the others, and its document says which is missing', async () => {
    expect((await fetch(`${gateway.adminUrl}/readyz`)).status).toBe(200);
    expect(await echo('/v1/allocations')).toMatchObject({ service: 'allocations' });
    const other = await runGateway(environment);
    const document = z
      .object({ info: z.object({ description: z.string() }), paths: z.record(z.string(), z.unknown()) })
      .parse(await (await fetch(`${other.url}/openapi.json`)).json());
    await other.stop();
    expect(Object.keys(document.paths)).toContain('/v1/allocations');
    expect(Object.keys(document.paths)).not.toContain(`/v1/${silent}`);
    expect(document.info.description).toContain(`${silent} does not answer`);
  });

  test('when no service answers the gateway is not ready, and says why', async () => {
    for (const upstream of upstreams) {
      upstream.close();
      upstream.closeAllConnections();
    }
    const answer = await fetch(`${gateway.adminUrl}/readyz`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      ready: false,
      reasons: serviceNames.map((service) => expect.stringContaining(`${service} does not answer`)),
    });
  });
});
