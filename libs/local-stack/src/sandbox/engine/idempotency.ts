import type { Store } from './store.ts';
import { StripeFailure } from './stripe-failure.ts';

/** A finished answer, ready to be sent again. */
export interface RememberedAnswer {
  readonly requestId: string;
  readonly status: number;
  readonly body: string;
}

/** A keyed request: v1 and v2 remember separately. */
export interface KeyedRequest {
  readonly api: 'v1' | 'v2';
  readonly key: string;
  readonly path: string;
  /** The parameters in canonical form. */
  readonly fingerprint: string;
}

const hourMs = 3_600_000;
/** How long keys are remembered, by the real clock. */
const memoryMs = { v1: 24 * hourMs, v2: 30 * 24 * hourMs };
const longestKey = 255;

/** The answer given before under this key, if it is still remembered; another request under it is refused. */
export function recall(store: Store, request: KeyedRequest): RememberedAnswer | undefined {
  if (request.key.length > longestKey) {
    throw mismatch(`Idempotency keys can be at most ${longestKey} characters long.`);
  }
  const row = store.row(
    'SELECT * FROM idempotent_answer WHERE api = ? AND key = ? AND answered_real_ms > ?',
    request.api,
    request.key,
    store.realMs() - memoryMs[request.api],
  );
  if (row === undefined) return undefined;
  if (row.path !== request.path) {
    throw mismatch(
      `Keys for idempotent requests can only be used for the same endpoint they were first used for ('${row.path}' vs '${request.path}'). Try using a key other than '${request.key}' if you meant to execute a different request.`,
    );
  }
  if (row.fingerprint !== request.fingerprint) {
    throw mismatch(
      `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${request.key}' if you meant to execute a different request.`,
    );
  }
  return { requestId: String(row.request_id), status: Number(row.status), body: String(row.body) };
}

/**
 * Remembers an answer: v1 whatever it was, errors included; v2 only a success, so that failures are executed again.
 */
export function remember(store: Store, request: KeyedRequest, answer: RememberedAnswer): void {
  if (request.api === 'v2' && answer.status >= 300) return;
  store.run(
    `INSERT OR REPLACE INTO idempotent_answer (api, key, path, fingerprint, request_id, status, body, answered_real_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    request.api,
    request.key,
    request.path,
    request.fingerprint,
    answer.requestId,
    answer.status,
    answer.body,
    store.realMs(),
  );
}

/** Forgets the answers that are too old to be given again. */
export function forgetOldAnswers(store: Store): void {
  for (const [api, age] of Object.entries(memoryMs)) {
    store.run('DELETE FROM idempotent_answer WHERE api = ? AND answered_real_ms <= ?', api, store.realMs() - age);
  }
}

function mismatch(message: string): StripeFailure {
  return new StripeFailure(400, { type: 'idempotency_error', message }, { validation: true });
}
