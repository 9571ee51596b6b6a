import { cents, cutoffOf, firstInstantOf, type Month, monthOf, UserIdSchema } from '@wewrite/contracts';
import type { z } from 'zod';
import type { EscrowChoice } from '../../apps/cli/src/config.ts';
import { apiAt, type Request } from '../../apps/cli/src/demo/api.ts';
import { orderAtSandbox } from '../../apps/cli/src/demo/order-at-sandbox.ts';
import { playEvent } from '../../apps/cli/src/demo/play-event.ts';
import type { World } from '../../apps/cli/src/demo/world.ts';
import type { EventKind } from '../../apps/cli/src/input/event.ts';
import { plainPrinter } from '../../apps/cli/src/printer.ts';
import { neverHere, type Platform, type PlatformOptions, startPlatform } from '../platform.ts';

/** A platform whose clock stands until it is moved, and the people who speak to it through the gateway. */
export interface Place {
  readonly platform: Platform;
  readonly escrow: EscrowChoice;
  /** What the demo plays its events with. */
  readonly world: World;
  /** Speaks to the API as `admin`, or as a user. Throws an `ApiFailure` with the problem when it is refused. */
  ask<Schema extends z.ZodType>(who: string, request: Omit<Request<Schema>, 'token'>): Promise<z.infer<Schema>>;
  /** An event of the demo's kinds befalls somebody, and is known everywhere. */
  befalls(kind: EventKind, userId: string, about?: { month?: Month; usdCents?: number | undefined }): Promise<void>;
  /** Has something happen at the sandbox that is no call of Stripe's API, and be known everywhere. */
  atSandbox(path: string, order: object): Promise<unknown>;
  /** The instant at which the clock stands. */
  now(): Date;
  /** Moves the clock, and waits until what that made due is done. */
  at(instant: Date): Promise<void>;
  /** Waits until nothing is under way. */
  settled(): Promise<void>;
}

/** Where a scenario takes place. */
export interface PlaceOptions extends Omit<PlatformOptions, 'now'> {
  /** The clock begins at its first instant. */
  readonly firstMonth: Month;
}

/** Opens a place with nobody there, and with money of the platform's own at Stripe, which takes fees of every payment. */
export async function openPlace({ firstMonth, ...options }: PlaceOptions): Promise<Place> {
  let now = firstInstantOf(firstMonth);
  // Rehearsals change nothing, which is proved elsewhere, and take as long as closes.
  const environment = { REHEARSAL_CRON: neverHere, ...options.environment };
  const platform = await startPlatform({ ...options, environment, now: now.toISOString() });
  const { harness, steering, sandboxUrl, stripe } = platform;
  const users: Record<string, string> = Object.create(null);
  const world: World = {
    input: nobody,
    months: [firstMonth],
    api: apiAt(platform.gatewayUrl),
    tokens: {
      admin: await harness.token({ sub: 'admin', roles: ['admin'] }),
      service: await harness.token({ sub: 'site', roles: ['service'] }),
      users,
    },
    steering,
    sandboxUrl,
    stripe,
    printer: plainPrinter({ write: () => undefined }),
  };
  const tokenOf = async (who: string) => {
    if (who === 'admin') return world.tokens.admin;
    users[who] ??= await harness.token({ sub: who, roles: ['supporter', 'writer'] });
    return users[who];
  };
  const atSandbox = async (path: string, order: object) => {
    const answer = await orderAtSandbox(new URL(path, sandboxUrl), order);
    await steering.drain();
    return answer;
  };
  await atSandbox('/_sandbox/topups', { amount: capitalCents });
  return {
    platform,
    escrow: options.escrow ?? 'storage',
    world,
    ask: async (who, request) => world.api.ask({ ...request, token: await tokenOf(who) }),
    befalls: async (kind, user, about = {}) => {
      const userId = UserIdSchema.parse(user);
      const usdCents = about.usdCents === undefined ? null : cents(about.usdCents);
      await playEvent(world, { line: 0, at: now, kind, userId, month: about.month ?? null, usdCents });
      await steering.drain();
    },
    atSandbox,
    now: () => now,
    at: async (instant) => {
      await steering.stand(instant);
      now = instant;
      await steering.drain();
    },
    settled: () => steering.drain(),
  };
}

const capitalCents = 1_000_000;

const nobody = {
  writers: new Map(),
  resources: new Map(),
  supporters: new Map(),
  allocations: [],
  changes: [],
  events: [],
  afterLastClose: 0,
} satisfies World['input'];

/** The instant half-way through a month: what is subscribed to then costs half of it (E3). */
export function middleOf(month: Month): Date {
  return new Date((firstInstantOf(month).getTime() + cutoffOf(month).getTime()) / 2);
}

/** The month in which the clock stands. */
export function monthAt(place: Place): Month {
  return monthOf(place.now());
}
