import { setTimeout as delay } from 'node:timers/promises';
import { type Problem, ProblemSchema } from '@wewrite/contracts';
import type { z } from 'zod';
import { RunFailure } from '../exit-codes.ts';

/** An API answered with a problem that trying again does not cure. */
export class ApiFailure extends RunFailure {
  readonly problem: Problem | null;

  constructor(call: string, status: number, text: string, problem: Problem | null) {
    const reason =
      problem === null ? text.slice(0, 300) : `${problem.code}: ${problem.detail} (trace ${problem.traceId})`;
    super(`${call} answered ${status} ${reason}`);
    this.problem = problem;
  }
}

/** One call of an API, and what its answer has to look like. */
export interface Request<Schema extends z.ZodType> {
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly token: string;
  readonly body?: unknown;
  readonly answer: Schema;
}

/** Speaks to an API by bearer token. A part that is away for moments is asked again. */
export interface Api {
  ask<Schema extends z.ZodType>(request: Request<Schema>): Promise<z.infer<Schema>>;
}

const patienceMs = 60_000;
const timeoutMs = 35_000;

/** A client of the API at a base URL. Throws an {@link ApiFailure} that names the call, the code and the trace. */
export function apiAt(baseUrl: string): Api {
  return {
    ask: async (request) => {
      const call = `${request.method} ${request.path}`;
      const endsAt = performance.now() + patienceMs;
      for (let attempt = 0; ; attempt++) {
        const answer = await send(baseUrl, request);
        if ('body' in answer) return request.answer.parse(answer.body);
        const failure =
          'silence' in answer ? answer.silence : new ApiFailure(call, answer.status, answer.text, answer.problem);
        if (!isPassing(answer) || performance.now() > endsAt) {
          throw 'silence' in answer
            ? new RunFailure(`${call} at ${baseUrl} has no answer.`, { cause: failure })
            : failure;
        }
        await delay(Math.min(1_000, 50 * 2 ** attempt));
      }
    },
  };
}

type Answer =
  | { readonly body: unknown }
  | { readonly status: number; readonly text: string; readonly problem: Problem | null }
  | { readonly silence: unknown };

async function send(baseUrl: string, { method, path, token, body }: Request<z.ZodType>): Promise<Answer> {
  try {
    const response = await fetch(new URL(path, baseUrl), {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    if (response.ok) return { body: text === '' ? null : JSON.parse(text) };
    return { status: response.status, text, problem: problemIn(text) };
  } catch (error) {
    return { silence: error };
  }
}

function problemIn(text: string): Problem | null {
  try {
    return ProblemSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

function isPassing(answer: Exclude<Answer, { body: unknown }>): boolean {
  return 'silence' in answer || answer.status === 503 || answer.status === 502 || answer.problem?.code === 'busy';
}

/** A path of encoded segments. */
export function pathOf(...segments: readonly string[]): string {
  return `/v1/${segments.map(encodeURIComponent).join('/')}`;
}
