import { isDeepStrictEqual } from 'node:util';
import type { HttpContract, HttpOperation } from './contracts.ts';
import type { Finding } from './finding.ts';
import type { JsonSchema } from './json-schema.ts';
import { type Obstacle, obstaclesOf } from './obstacles.ts';

/** A call as it was and as it is, with the schemas that each document refers to. */
interface Call {
  readonly service: string;
  readonly name: string;
  readonly before: HttpOperation;
  readonly now: HttpOperation;
  readonly resolve: { readonly before: Resolve; readonly now: Resolve };
}

type Resolve = (schema: JsonSchema) => JsonSchema;
type Content = HttpOperation['responses'][string]['content'];

const reference = '#/components/schemas/';

/**
 * What has changed between a service's HTTP API as it was and as it is. Clients are deployed by others, later or never: what
 * they send has to be taken still, what they read has to be there still. Clients take a value that they do not know for an
 * unknown one; a new value in an answer is a note.
 */
export function compareHttp(service: string, before: HttpContract, now: HttpContract): Finding[] {
  const resolve = { before: resolverOf(before), now: resolverOf(now) };
  const known = [...before.operations].flatMap(([name, old]) => {
    const current = now.operations.get(name);
    if (current === undefined) return [finding(service, name, 'it is gone')];
    return callChanges({ service, name, before: old, now: current, resolve });
  });
  const added = [...now.operations.keys()].filter((name) => !before.operations.has(name));
  return [
    ...sharedChanges(service, before, now),
    ...known,
    ...added.map((name) => finding(service, name, 'it is new', 'note')),
  ];
}

/** Changes of what answers of several calls refer to, said once. */
function sharedChanges(service: string, before: HttpContract, now: HttpContract): Finding[] {
  return Object.entries(before.schemas).flatMap(([name, schema]) => {
    const obstacles = obstaclesOf(now.schemas[name] ?? schema, schema, 'ignored');
    return obstacles.map((one) => answerFinding(service, `${name} of ${service}`, `answers${wordsOf(one)}`, one));
  });
}

function resolverOf({ schemas }: HttpContract): Resolve {
  return (schema) => {
    if (schema.$ref?.startsWith(reference) !== true) return schema;
    return schemas[schema.$ref.slice(reference.length)] ?? schema;
  };
}

function callChanges(call: Call): Finding[] {
  const found = [...accessChanges(call), ...parameterChanges(call), ...bodyChanges(call), ...answerChanges(call)];
  // What it says in words is no promise.
  const { summary: _, ...before } = call.before;
  const { summary: __, ...now } = call.now;
  const isSame = isDeepStrictEqual(before, now);
  return found.length > 0 || isSame ? found : [finding(call.service, call.name, 'it has grown', 'note')];
}

function accessChanges({ service, name, before, now }: Call): Finding[] {
  if (before.security.length === 0 && now.security.length > 0) {
    return [finding(service, name, 'it needs a token now')];
  }
  const lost = before['x-roles'].filter((role) => !now['x-roles'].includes(role));
  if (lost.length === 0 || now.security.length === 0) return [];
  return [finding(service, name, `it is closed to the role ${lost.join(', ')}`)];
}

function parameterChanges({ service, name, before, now, resolve }: Call): Finding[] {
  const key = (parameter: HttpOperation['parameters'][number]) => `${parameter.in} parameter ${parameter.name}`;
  const known = new Map(now.parameters.map((parameter) => [key(parameter), parameter]));
  const sent = new Set(before.parameters.map(key));
  const kept = before.parameters.flatMap((old) => {
    const current = known.get(key(old));
    if (current === undefined) return [finding(service, name, `${key(old)} is refused as unknown`)];
    const needed = current.required && !old.required ? [finding(service, name, `${key(old)} is needed now`)] : [];
    const obstacles = obstaclesOf(resolve.before(old.schema), resolve.now(current.schema), 'refused');
    return [...needed, ...obstacles.map((one) => finding(service, name, `${key(old)}${wordsOf(one)}`))];
  });
  const added = now.parameters.filter((parameter) => parameter.required && !sent.has(key(parameter)));
  return [...kept, ...added.map((parameter) => finding(service, name, `${key(parameter)} is new, and needed`))];
}

function bodyChanges({ service, name, before, now, resolve }: Call): Finding[] {
  const [old, current] = [before.requestBody, now.requestBody];
  if (current === undefined) return old === undefined ? [] : [finding(service, name, 'it takes no body any more')];
  if (current.required && old?.required !== true) return [finding(service, name, 'it needs a body now')];
  return Object.entries(old?.content ?? {}).flatMap(([mediaType, { schema }]) => {
    const taken = current.content[mediaType];
    if (taken === undefined) return [finding(service, name, `it takes no ${mediaType} any more`)];
    const obstacles = obstaclesOf(resolve.before(schema), resolve.now(taken.schema), 'refused');
    return obstacles.map((one) => finding(service, name, `body${wordsOf(one)}`));
  });
}

function answerChanges(call: Call): Finding[] {
  const { service, name, before, now } = call;
  return Object.entries(before.responses).flatMap(([status, { content }]) => {
    const answer = now.responses[status];
    if (answer === undefined) return [finding(service, name, `it answers ${status} no more`)];
    return contentChanges(call, status, content, answer.content);
  });
}

function contentChanges({ service, name, resolve }: Call, status: string, before: Content, now: Content): Finding[] {
  return Object.entries(before).flatMap(([mediaType, { schema }]) => {
    const given = now[mediaType];
    if (given === undefined) return [finding(service, name, `answer ${status} is no ${mediaType} any more`)];
    if (schema.$ref !== undefined && schema.$ref === given.schema.$ref) return [];
    const obstacles = obstaclesOf(resolve.now(given.schema), resolve.before(schema), 'ignored');
    return obstacles.map((one) => answerFinding(service, name, `answer ${status}${wordsOf(one)}`, one));
  });
}

function answerFinding(service: string, contract: string, sentence: string, { kind }: Obstacle): Finding {
  return finding(service, contract, sentence, kind === 'value' ? 'note' : 'breaking');
}

function wordsOf({ path, reason }: Obstacle): string {
  return `${path === '' || path.startsWith('[') ? path : `.${path}`}: ${reason}`;
}

function finding(
  service: string,
  contract: string,
  sentence: string,
  severity: Finding['severity'] = 'breaking',
): Finding {
  return { severity, contract, sentence, owners: [service], hits: [`clients of ${service}`] };
}
