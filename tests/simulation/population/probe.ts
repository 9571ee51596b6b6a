import { isDeepStrictEqual } from 'node:util';
import { type Month, monthOf, type ProblemCode } from '@wewrite/contracts';
import { pathOf } from '../../../apps/cli/src/demo/api.ts';
import { lastSettledMonth } from './desk-parts.ts';
import type { Part } from './part.ts';
import { promised } from './promise.ts';
import { admin, person, type Scene } from './scene.ts';
import type { Call } from './stage.ts';
import { worksIn } from './works.ts';

/** A request that must be refused with this code, whatever the state. */
interface Probe {
  readonly code: ProblemCode;
  /** Null when there is nothing yet to be wrong about. */
  readonly call: (scene: Scene, userId: string) => Call | null;
  /** How often it is drawn against the others: more when there is rarely something to be wrong about. */
  readonly weight?: number;
}

const nobody = '00000000-0000-4000-8000-000000000000';

const calls = {
  plan: (userId: string) => ({ as: person(userId), method: 'GET', path: '/v1/allocations' }) as const,
  set: (userId: string, body: unknown) =>
    ({ as: person(userId), method: 'PUT', path: '/v1/allocations/page/nowhere', body }) as const,
};

const probes: readonly Probe[] = [
  { code: 'unauthenticated', call: (_scene, userId) => ({ ...calls.plan(userId), as: null }) },
  { code: 'forbidden', call: (_scene, userId) => ({ ...calls.plan(userId), path: '/v1/obligations' }) },
  { code: 'invalid_request', call: (_scene, userId) => calls.set(userId, { usdCents: 1.5 }) },
  { code: 'invalid_request', call: (_scene, userId) => calls.set(userId, { usdCents: -1 }) },
  { code: 'invalid_request', call: (_scene, userId) => calls.set(userId, { usdCents: 1, unknown: true }) },
  { code: 'unknown_resource', call: (_scene, userId) => calls.set(userId, { usdCents: 1 }) },
  { code: 'payload_too_large', call: (_scene, userId) => calls.set(userId, 'x'.repeat(2_000_000)) },
  {
    code: 'unsupported_media_type',
    call: (_scene, userId) => ({ ...calls.set(userId, 'usdCents=1'), headers: { 'content-type': 'text/plain' } }),
  },
  { code: 'not_found', call: () => ({ as: admin, method: 'POST', path: `/v1/payouts/${nobody}/retry`, body: {} }) },
  {
    code: 'unknown_month',
    call: (_scene, userId) => ({ ...calls.plan(userId), path: '/v1/allocations?month=2001-01' }),
  },
  { code: 'month_not_over', call: (scene) => close(running(scene), 'close') },
  { code: 'self_support', call: supportYourself },
  {
    code: 'month_closed',
    weight: 4,
    call: (scene) => {
      const month = lastSettledMonth(scene.deeds);
      return month === null ? null : close(month, 'rehearsal');
    },
  },
];

/** Somebody tries what must be refused. */
export const probe: Part = async (scene, chance, userId) => {
  const { code, call } = chance.weigh(probes.map((each) => [each, each.weight ?? 1] as const));
  const made = call(scene, userId);
  if (made === null) return false;
  const answered = await scene.ask(made);
  const seen = answered.outcome === 'accepted' ? 'accepted' : answered.code;
  promised(seen === code, `A4: ${made.method} ${made.path} must be refused (${code}), and was answered ${seen}.`);
  return true;
};

/** The same key with the same body is the same request; with another body it is refused. */
export const repeatKey: Part = async (scene, chance, userId) => {
  const key = { 'idempotency-key': `once-${chance.between(0, 2 ** 31)}` };
  const changes = [{ resourceType: 'page', resourceId: 'nowhere', usdCents: 1 }];
  const call = { as: person(userId), method: 'POST', path: '/v1/allocations/batch', headers: key } as const;
  const first = await scene.ask({ ...call, body: { changes } });
  const again = await scene.ask({ ...call, body: { changes } });
  promised(
    first.outcome === 'accepted' && isDeepStrictEqual({ ...first, isRepeated: false }, { ...again, isRepeated: false }),
    'the same request under the same key has the same answer',
  );
  const other = await scene.ask({ ...call, body: { changes: [...changes, ...changes] } });
  promised(
    other.outcome === 'refused' && other.code === 'idempotency_mismatch',
    'another request under the same key is refused',
  );
  return true;
};

function supportYourself(scene: Scene, userId: string): Call | null {
  const own = worksIn(scene.deeds).find(({ ownerUserId }) => ownerUserId === userId)?.resource;
  if (own === undefined) return null;
  return { ...calls.set(userId, { usdCents: 1 }), path: pathOf('allocations', own.resourceType, own.resourceId) };
}

function close(month: Month, kind: 'close' | 'rehearsal'): Call {
  return { as: admin, method: 'POST', path: pathOf('months', month, 'close'), body: { kind } };
}

function running(scene: Scene): Month {
  return monthOf(scene.stage.now());
}
