import { createHash, randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sql, type Transaction } from 'kysely';
import { z } from 'zod';
import { afterCommit, type Database } from '../database.ts';
import type { Log } from '../log.ts';
import { errorText } from '../loop.ts';
import { Refusal } from '../refusal.ts';
import type { TechnicalTime } from '../technical-time.ts';
import type { Server } from './bare-server.ts';

/** How long an answer can be had again, at least, in real time. */
export const answerRetentionMs = 24 * 60 * 60 * 1000;

const patienceMs = 5_000;
const leaseMs = 30_000;

/** The optional header of every POST route with an identity. Other headers pass unchanged. */
const HeadersSchema = z.looseObject({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'a key is 1 to 255 visible ASCII characters')
    .optional()
    .describe('Repeating the request with the same key and body gives the same answer, and has no further effect.'),
});

/** A request whose key this process has taken, until its answer is kept. */
interface Claim {
  readonly attempt: string;
  readonly id: RequestId;
  kept: boolean;
}

interface RequestId {
  readonly userId: string;
  readonly route: string;
  readonly key: string;
}

interface Answer {
  readonly status: number;
  readonly content_type: string;
  readonly body: string;
}

const claims = new WeakMap<object, Claim>();

/**
 * Makes POST requests with an `Idempotency-Key` safe to repeat: the same user, route, key and body get the same answer,
 * another body `idempotency_mismatch`; a repetition that comes while the first is under way waits for its answer, for up
 * to 5 s, and is then `busy`.
 *
 * Before the handler runs, its key is claimed in a row of its own, for 30 s. The answer is kept in that row: by
 * {@link keepAnswer} in the transaction of the effect, else just before it is sent. So a crash leaves one of three things
 * behind. Before the commit: no effect and a claim that ends, after which a repetition starts anew. Between commit and
 * sending: the effect and its answer, which a repetition gets at once. For a handler that does not use `keepAnswer` (it
 * calls Stripe, outside any transaction): a repetition runs it again once the claim has ended, and it finds the steps
 * that it has persisted itself, with the keys that Stripe knows. A claim that has ended and was taken over can no longer
 * keep an answer, and therefore not commit an effect.
 *
 * Expected refusals are answers, too. Failures and `busy` are not: their claim is given up, so that trying again helps.
 */
export function answerOncePerKey(
  server: Server,
  options: { database: Database<unknown>; time: TechnicalTime; log: Log },
): void {
  server.addHook('onRoute', (route) => {
    const access = route.config?.access;
    if (route.method !== 'POST' || access === undefined || access === 'public') return;
    route.schema = { ...route.schema, headers: HeadersSchema };
  });
  server.addHook('preHandler', async (request, reply) => {
    const id = requestIdOf(request);
    if (id === null) return;
    const found = await claimOrAnswer(options, { id, fingerprint: fingerprintOf(request) });
    if ('attempt' in found) claims.set(request, found);
    else return reply.status(found.status).type(found.content_type).send(found.body);
  });
  server.addHook('onSend', async (request, reply, payload) => {
    const claim = claims.get(request);
    if (claim === undefined || claim.kept) return;
    claim.kept = true;
    try {
      if (isAnswer(reply, payload)) await keep(options.database.kysely, claim, answerOf(reply, payload));
      else await giveUp(options.database, claim);
    } catch (error) {
      // What was done is done: the caller is told so, and a repetition finds a claim that ends.
      options.log.error({ error: errorText(error), route: claim.id.route }, 'an answer could not be kept');
    }
  });
}

/**
 * Keeps the answer of a request with a key in the transaction of its effect, so that both are there or neither; returns
 * the answer. Set the reply's status first. Does nothing for a request without a key. Throws a Refusal `busy`, which undoes
 * the effect, when the request took so long that a repetition has taken its place.
 */
export async function keepAnswer<Schema, Body>(
  tx: Transaction<Schema>,
  reply: Pick<FastifyReply, 'statusCode' | 'serialize'> & { readonly request: object },
  body: Body,
): Promise<Body> {
  const claim = claims.get(reply.request);
  if (claim === undefined) return body;
  const answer = { status: reply.statusCode, content_type: json, body: String(reply.serialize(body)) };
  const isKept = await keep(tx, claim, answer);
  if (!isKept) throw new Refusal('busy', 'The request took too long and is being repeated: ask again shortly.');
  afterCommit(tx, () => {
    claim.kept = true;
  });
  return body;
}

const json = 'application/json; charset=utf-8';

function requestIdOf(request: FastifyRequest): RequestId | null {
  const key = request.headers['idempotency-key'];
  if (request.method !== 'POST' || request.identity === null || typeof key !== 'string') return null;
  return { userId: request.identity.userId, route: String(request.routeOptions.url), key };
}

/** Of the whole request: the route's parameters and the query are part of what was asked. */
function fingerprintOf(request: FastifyRequest): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([request.url, request.body ?? null]))
    .digest();
}

interface Asked {
  readonly id: RequestId;
  readonly fingerprint: Buffer;
}

async function claimOrAnswer(
  { database, time }: { database: Database<unknown>; time: TechnicalTime },
  asked: Asked,
): Promise<Claim | Answer> {
  const deadlineMs = time.now().getTime() + patienceMs;
  const claimed = await claimNew(database, asked, time.now());
  if (claimed !== null) return claimed;
  for (let waitMs = 10; ; waitMs = Math.min(2 * waitMs, 500)) {
    const found = await findAnswerOrClaim(database, asked, time.now());
    if (found !== null) return found;
    if (time.now().getTime() >= deadlineMs) {
      throw new Refusal('busy', 'The first request with this Idempotency-Key is still under way: ask again shortly.');
    }
    await time.sleep(waitMs);
  }
}

/** Takes a key that is new; null when it is known. */
async function claimNew(database: Database<unknown>, { id, fingerprint }: Asked, now: Date): Promise<Claim | null> {
  const attempt = randomUUID();
  const { numAffectedRows } = await sql`
    insert into idempotent_request (user_id, route, key, fingerprint, attempt, started_at, lease_until)
    values (${id.userId}, ${id.route}, ${id.key}, ${fingerprint}, ${attempt}, ${now}, ${leaseEnd(now)})
    on conflict do nothing`.execute(database.kysely);
  return numAffectedRows === 1n ? { attempt, id, kept: false } : null;
}

/** The answer to a known key; or the key, when its attempt was given up or has been under way for too long; else null. */
async function findAnswerOrClaim(database: Database<unknown>, asked: Asked, now: Date): Promise<Claim | Answer | null> {
  const { rows } = await sql<{ fingerprint: Buffer; lease_until: Date } & (Answer | { status: null })>`
    select fingerprint, lease_until, status, content_type, body from idempotent_request
    where ${isRequest(asked.id)}`.execute(database.kysely);
  const [row] = rows;
  if (row === undefined) return claimNew(database, asked, now);
  if (!row.fingerprint.equals(asked.fingerprint)) {
    const sentence = 'This Idempotency-Key came with another request before: give each request a key of its own.';
    throw new Refusal('idempotency_mismatch', sentence, { field: 'Idempotency-Key' });
  }
  if (row.status !== null) return row;
  return row.lease_until <= now ? takeOver(database, asked, now) : null;
}

/** Takes a key whose attempt has been under way for too long; null when another repetition was first, or it was answered. */
async function takeOver(database: Database<unknown>, { id, fingerprint }: Asked, now: Date): Promise<Claim | null> {
  const attempt = randomUUID();
  const { numAffectedRows } = await sql`
    update idempotent_request set attempt = ${attempt}, lease_until = ${leaseEnd(now)}
    where ${isRequest(id)} and fingerprint = ${fingerprint} and status is null and lease_until <= ${now}`.execute(
    database.kysely,
  );
  return numAffectedRows === 1n ? { attempt, id, kept: false } : null;
}

function leaseEnd(now: Date): Date {
  return new Date(now.getTime() + leaseMs);
}

/** False when another attempt has taken over or answered. */
async function keep<Schema>(
  database: Database<Schema>['kysely'],
  { id, attempt }: Claim,
  answer: Answer,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update idempotent_request
    set status = ${answer.status}, content_type = ${answer.content_type}, body = ${answer.body}
    where ${isRequest(id)} and attempt = ${attempt} and status is null`.execute(database);
  return numAffectedRows === 1n;
}

async function giveUp(database: Database<unknown>, { id, attempt }: Claim): Promise<void> {
  await sql`
    delete from idempotent_request where ${isRequest(id)} and attempt = ${attempt} and status is null`.execute(
    database.kysely,
  );
}

function isRequest({ userId, route, key }: RequestId) {
  return sql`user_id = ${userId} and route = ${route} and key = ${key}`;
}

const busyStatus = 409;

/** Whether the same request may get it again for a day. */
function isAnswer(reply: FastifyReply, payload: unknown): payload is string | null | undefined {
  const isText = typeof payload === 'string' || payload === null || payload === undefined;
  if (!isText || reply.statusCode >= 500 || reply.statusCode === 429) return false;
  return !(reply.statusCode === busyStatus && payload?.includes('"code":"busy"'));
}

function answerOf(reply: FastifyReply, payload: string | null | undefined): Answer {
  return {
    status: reply.statusCode,
    content_type: String(reply.getHeader('content-type') ?? json),
    body: payload ?? '',
  };
}
