import { z } from 'zod';
import type { SteeredClock } from './clock.ts';
import type { Endpoint } from './endpoint.ts';
import { apiVersion } from './events.ts';
import { type Expansions, expand } from './expand.ts';
import type { FaultKind, Faults } from './faults.ts';
import { canonical, isMap } from './form.ts';
import { type KeyedRequest, recall, remember } from './idempotency.ts';
import { newId } from './object-ids.ts';
import { refusalBefore, refusalWithin } from './ordered-refusal.ts';
import { checkParameters, listOf } from './parameters.ts';
import type { LimitReason, RateLimit } from './rate-limit.ts';
import type { Store } from './store.ts';
import { StripeFailure } from './stripe-failure.ts';

/** A request to Stripe's API, taken from HTTP. */
export interface IncomingRequest {
  readonly path: string;
  readonly id: string;
  readonly parameters: unknown;
  readonly authorization: string | undefined;
  readonly idempotencyKey: string | undefined;
  readonly version: string | undefined;
  /** The connected account to act as, which the sandbox cannot. */
  readonly account: string | undefined;
}

/** What goes back: an answer, or the ways in which none arrives. */
export type Reply =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body: string;
      readonly headers: Record<string, string>;
    }
  | { readonly kind: 'reset' }
  | { readonly kind: 'silence' };

interface DeskParts {
  readonly store: Store;
  readonly clock: SteeredClock;
  readonly faults: Faults;
  readonly rateLimit: RateLimit;
  readonly expansions: Expansions;
  /** Known once the server listens. */
  readonly baseUrl: () => string;
}

const expandPaths = listOf(z.string());

/**
 * Answers one request as Stripe does: limits and faults, then the key's memory, then the parameters, then the call
 * itself, which is committed together with its events, its remembered answer and its line in the request log.
 */
export class RequestDesk {
  readonly #parts: DeskParts;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  async answer(endpoint: Endpoint, incoming: IncomingRequest): Promise<Reply> {
    const { store, faults, rateLimit } = this.#parts;
    const requestId = newId('req');
    const { path, authorization } = incoming;
    const fault = faults.take({ method: endpoint.method, path, authorization });
    if (fault === 'connection_reset') return { kind: 'reset' };
    return await store.commitTogether((): Reply => {
      const exceeded = fault === '429' ? 'global-rate' : rateLimit.exceeded(endpoint);
      const finished = exceeded ? tooManyRequests(exceeded) : this.#finish(endpoint, incoming, requestId, fault);
      store.run(
        `INSERT INTO request (request_id, method, path, parameters, idempotency_key, status, replayed, real_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        requestId,
        endpoint.method,
        incoming.path,
        JSON.stringify(incoming.parameters),
        incoming.idempotencyKey ?? null,
        finished.status,
        finished.headers['idempotent-replayed'] === undefined ? 0 : 1,
        store.realMs(),
      );
      if (fault === 'timeout_after_success') return { kind: 'silence' };
      if (fault === 'reset_after_success') return { kind: 'reset' };
      const headers = { 'request-id': requestId, 'stripe-version': apiVersion, ...finished.headers };
      return { kind: 'answer', status: finished.status, body: finished.body, headers };
    });
  }

  #finish(endpoint: Endpoint, incoming: IncomingRequest, requestId: string, fault: FaultKind | undefined): Finished {
    const { store } = this.#parts;
    try {
      checkCaller(incoming);
      const unbegun = refusalBefore(fault);
      if (unbegun !== undefined) throw unbegun;
      const keyed = keyedRequest(endpoint, incoming);
      const remembered = keyed && recall(store, keyed);
      if (remembered !== undefined) {
        const headers = { 'idempotent-replayed': 'true', 'original-request': remembered.requestId };
        return {
          status: remembered.status,
          body: remembered.body,
          headers: { ...headers, ...noRetry(incoming, remembered) },
        };
      }
      const finished = this.#outcomeOf(endpoint, incoming, requestId, fault);
      if (keyed !== undefined) remember(store, keyed, { requestId, ...finished });
      return finished;
    } catch (error) {
      if (error instanceof StripeFailure) return failureAnswer(error);
      throw error;
    }
  }

  #outcomeOf(endpoint: Endpoint, incoming: IncomingRequest, requestId: string, fault: FaultKind | undefined): Finished {
    if (fault === '500') return brokenServer(incoming);
    const refusal = refusalWithin(fault);
    return refusal === undefined ? this.#execute(endpoint, incoming, requestId) : failureAnswer(refusal);
  }

  #execute(endpoint: Endpoint, incoming: IncomingRequest, requestId: string): Finished {
    const { store, clock, expansions, baseUrl } = this.#parts;
    const { expand: expandRaw, ...parameters } = isMap(incoming.parameters) ? incoming.parameters : {};
    const paths = expandRaw === undefined ? [] : checkParameters(expandPaths, expandRaw);
    const call = endpoint.prepare(parameters, incoming.id);
    const cause = { requestId, idempotencyKey: incoming.idempotencyKey ?? null };
    const turn = { store, nowSeconds: clock.nowSeconds(), cause, baseUrl: baseUrl() };
    const attempt = (): Finished => {
      try {
        const object = call(turn);
        expand(store, expansions, object, paths);
        return { status: 200, body: JSON.stringify(object), headers: {} };
      } catch (error) {
        if (error instanceof StripeFailure && error.keepsEffects) return failureAnswer(error);
        throw error;
      }
    };
    try {
      return store.savepoint(attempt);
    } catch (error) {
      if (error instanceof StripeFailure && !error.validation) return failureAnswer(error);
      throw error;
    }
  }
}

interface Finished {
  readonly status: number;
  readonly body: string;
  readonly headers: Record<string, string>;
}

function checkCaller({ authorization, version, account }: IncomingRequest): void {
  if (authorization === undefined || !/^(Bearer|Basic) \S+$/.test(authorization)) {
    const message = 'You did not provide an API key. Provide it in the Authorization header, using Bearer auth.';
    throw new StripeFailure(401, { type: 'invalid_request_error', message }, { validation: true });
  }
  if (version !== undefined && version !== apiVersion) {
    const message = `Invalid Stripe API version: ${version}. The sandbox speaks ${apiVersion} only.`;
    throw new StripeFailure(400, { type: 'invalid_request_error', message }, { validation: true });
  }
  if (account !== undefined) {
    const message = `The provided key does not have access to account '${account}'.`;
    const code = 'account_invalid';
    throw new StripeFailure(403, { type: 'invalid_request_error', code, message }, { validation: true });
  }
}

/** Keys have an effect on POST only. */
function keyedRequest({ method }: Endpoint, incoming: IncomingRequest): KeyedRequest | undefined {
  if (method !== 'POST' || incoming.idempotencyKey === undefined) return undefined;
  return {
    api: incoming.path.startsWith('/v2/') ? 'v2' : 'v1',
    key: incoming.idempotencyKey,
    path: incoming.path,
    fingerprint: canonical(incoming.parameters),
  };
}

function failureAnswer({ status, detail }: StripeFailure): Finished {
  return { status, body: JSON.stringify({ error: detail }), headers: {} };
}

function brokenServer(incoming: IncomingRequest): Finished {
  const message = 'An unknown error occurred.';
  const broken = failureAnswer(new StripeFailure(500, { type: 'api_error', message }));
  return { ...broken, headers: noRetry(incoming, broken) };
}

/** Repeating a v1 request whose failure is remembered would be told the same; the SDK heeds this header. */
function noRetry({ path, idempotencyKey }: IncomingRequest, { status }: { status: number }): Record<string, string> {
  const remembered = status >= 500 && path.startsWith('/v1/') && idempotencyKey !== undefined;
  return remembered ? { 'stripe-should-retry': 'false' } : {};
}

function tooManyRequests(reason: LimitReason): Finished {
  const answer = failureAnswer(
    new StripeFailure(429, {
      type: 'invalid_request_error',
      code: 'rate_limit',
      message: 'Request rate limit exceeded.',
    }),
  );
  return { ...answer, headers: { 'stripe-rate-limited-reason': reason } };
}
