import type { ServiceName } from '@wewrite/contracts';
import type { Simulated } from '@wewrite/local-stack/sandbox';
import { ownerOf } from '../../services/gateway/src/upstreams.ts';
import type { Faults } from './faults.ts';
import { type HttpAnswer, httpCall } from './http-call.ts';
import type { Instance, Instances } from './instances.ts';
import type { Call, Caller, Reply, Stage } from './population/stage.ts';
import type { Scheduler } from './scheduler.ts';
import { keysOfRun } from './world-database.ts';

const tokensLastSeconds = 24 * 60 * 60;
const noAnswer: Reply = { status: 0, body: null };

/** Asks the service that a path belongs to, whichever of its instances lives. Who dies at it does not answer. */
export async function askerOf(instances: Instances, scheduler: Scheduler): Promise<Stage['ask']> {
  const keys = await keysOfRun();
  const tokens = new Map<string, Promise<string>>();
  const tokenOf = ({ userId, roles }: NonNullable<Caller>) => {
    const name = `${userId} ${roles.join()}`;
    const token = tokens.get(name) ?? keys.sign({ sub: userId, roles, expiresInSeconds: tokensLastSeconds });
    tokens.set(name, token);
    return token;
  };
  return async (call) => {
    const instance = instances.living(serviceFor(call.path));
    const reply = instance === null ? noAnswer : await askOne(instance, call, call.as && (await tokenOf(call.as)));
    const caller = call.as?.userId ?? 'somebody';
    scheduler.note(`${caller}: ${call.method} ${call.path}: ${instance?.life.name ?? 'nobody'} ${reply.status}`);
    return reply;
  };
}

/** How the sandbox's webhooks reach one of billing's instances. */
export function postWebhookTo(
  instances: Instances,
  faults: Faults,
  { url, body, headers }: Parameters<Simulated['postWebhook']>[0],
): Promise<boolean> {
  const instance = instances.living('billing');
  if (instance === null || faults.draw('webhook_lost')) return Promise.resolve(false);
  return send(instance, new URL(url).pathname, { method: 'POST', headers, body }).then(
    ({ status }) => status >= 200 && status < 300,
  );
}

function serviceFor(path: string): ServiceName {
  const service = ownerOf(path.split('?')[0] ?? path);
  if (service === null) throw new Error(`nobody answers ${path}`);
  return service;
}

async function askOne(instance: Instance, call: Call, token: string | null): Promise<Reply> {
  const { method, path, body } = call;
  const headers = {
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...call.headers,
  };
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await send(instance, path, { method, headers, ...(text === undefined ? {} : { body: text }) });
  return { status: answer.status, body: parsed(answer.text) };
}

async function send(
  { life, running }: Instance,
  path: string,
  request: Parameters<typeof httpCall>[1],
): Promise<HttpAnswer> {
  const answer = await httpCall(new URL(path, running.url), request);
  return life.isOver() ? { status: 0, text: '' } : answer;
}

/** Answers that are no JSON (statements, exports) stay text. */
function parsed(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
