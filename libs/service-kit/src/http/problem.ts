import { type Problem, type ProblemCode, problemStatuses } from '@wewrite/contracts';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import type { Log } from '../log.ts';
import { errorText } from '../loop.ts';
import { Refusal } from '../refusal.ts';
import { activeTraceId } from '../telemetry.ts';
import { isTransient } from '../transient.ts';

interface Fault {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly field?: string | undefined;
  readonly details?: Readonly<Record<string, unknown>>;
}

const titles: Partial<Record<ProblemCode, string>> = {
  invalid_request: 'The request is not valid',
  unauthenticated: 'Who are you?',
  forbidden: 'Not allowed',
  not_found: 'Not found',
  internal: 'Our fault',
  unavailable: 'Try again shortly',
};

/** Answers any failure as problem+json (RFC 9457) with a stable code and the trace id. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply, log: Log): FastifyReply {
  const fault = faultOf(error);
  const status = problemStatuses[fault.code];
  const problem: Problem = {
    type: `urn:wewrite:problem:${fault.code}`,
    title: titles[fault.code] ?? sentenceOf(fault.code),
    status,
    code: fault.code,
    detail: fault.detail,
    ...(fault.field === undefined ? {} : { field: fault.field }),
    ...fault.details,
    traceId: activeTraceId() ?? request.id,
  };
  if (status >= 500) {
    log.error(
      { error: errorText(error), route: request.routeOptions.url, traceId: problem.traceId },
      'a request failed',
    );
  }
  if (status === 503) void reply.header('retry-after', '1');
  if (status === 401) void reply.header('www-authenticate', 'Bearer');
  return reply.status(status).type('application/problem+json').send(JSON.stringify(problem));
}

function faultOf(error: unknown): Fault {
  if (error instanceof Refusal) {
    return { code: error.code, detail: error.message, field: error.field, details: error.details };
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    const [first] = error.validation;
    const field = first?.instancePath.split('/').slice(1).join('.');
    const where = field ? `${error.validationContext}.${field}` : error.validationContext;
    return { code: 'invalid_request', detail: `${where}: ${first?.message ?? 'not valid'}`, field: field || undefined };
  }
  if (isUnstorableText(error)) {
    return { code: 'invalid_request', detail: 'A text has a character that cannot be stored: leave out U+0000.' };
  }
  if (isTransient(error))
    return { code: 'unavailable', detail: 'A part of the system is busy or away: try again shortly.' };
  return isFastifyError(error) ? faultOfFastify(error) : internal();
}

/** Postgres stores no U+0000, in whatever text it comes. */
function isUnstorableText(error: unknown): boolean {
  return Error.isError(error) && 'code' in error && error.code === '22021';
}

function faultOfFastify(error: FastifyError): Fault {
  if (error.statusCode === 413) return { code: 'payload_too_large', detail: error.message };
  if (error.statusCode === 415) return { code: 'unsupported_media_type', detail: 'Send application/json.' };
  if (error.statusCode === 404) return { code: 'not_found', detail: error.message };
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return { code: 'invalid_request', detail: error.message };
  }
  return internal();
}

function internal(): Fault {
  return {
    code: 'internal',
    detail: 'Something failed on our side. Nothing was changed; name the trace id when you ask.',
  };
}

/** Known by its shape: Fastify's errors are objects of its own that inherit from Error. */
function isFastifyError(error: unknown): error is FastifyError {
  return typeof error === 'object' && error !== null && 'statusCode' in error && typeof error.statusCode === 'number';
}

function sentenceOf(code: string): string {
  const words = code.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
