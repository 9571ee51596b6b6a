import fastify, { type FastifyInstance } from 'fastify';
import { prettifyError, ZodError, z } from 'zod';
import { refuseInProduction } from '../config.ts';
import { SteeredClock } from './engine/clock.ts';
import { addControlRoutes } from './engine/control-routes.ts';
import { type DrawFault, Faults } from './engine/faults.ts';
import { parseForm } from './engine/form.ts';
import { forgetOldAnswers } from './engine/idempotency.ts';
import { RateLimit } from './engine/rate-limit.ts';
import { RequestDesk } from './engine/request-desk.ts';
import { schema } from './engine/schema.ts';
import { Store } from './engine/store.ts';
import { StripeFailure } from './engine/stripe-failure.ts';
import { addBodyParsers, addStripeRoutes } from './engine/stripe-routes.ts';
import { TimeKeeper } from './engine/time-keeper.ts';
import type { Turn } from './engine/turn.ts';
import { type PostWebhook, WebhookDeliveries } from './engine/webhook-deliveries.ts';
import { collections, dueSteps, endpoints, expansions } from './objects/catalogue.ts';
import { addSceneRoutes, heldIn } from './scene-routes.ts';

/** How to start a sandbox. */
export interface SandboxOptions {
  /** The address to listen on; default 127.0.0.1. */
  readonly host?: string;
  /** Begins the links that it gives to browsers; default where it listens. */
  readonly publicUrl?: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** The SQLite file that holds everything; `:memory:` for nothing that outlives the process. */
  readonly databaseFile: string;
  /** Where the steered clock begins, an ISO instant; a database that has a clock keeps its own. */
  readonly now: string;
  /** Whether time goes on by itself from there. Default: it stands. */
  readonly running?: boolean;
  /** Stripe's limit; null or absent lifts it. */
  readonly rateLimit?: { readonly requestsPerSecond: number } | null;
  /** What a simulation drives instead of the machine. */
  readonly simulated?: Simulated;
}

/** What a sandbox takes from a simulation: time, faults, and how its webhooks are sent, one by one and by hand. */
export interface Simulated {
  /** Real time, in Unix milliseconds, of all that is not business time. */
  readonly realMs: () => number;
  readonly drawFault: DrawFault;
  readonly postWebhook: PostWebhook;
}

/** A running sandbox. */
export interface RunningSandbox {
  readonly url: string;
  readonly port: number;
  /** How a simulation delivers webhooks. */
  readonly webhooks: Pick<WebhookDeliveries, 'waiting' | 'deliver'>;
  /** What the present instant has made due, which a simulation has done when its turn comes. */
  readonly dueWork: { count(): number; take(): Promise<void> };
  /** All objects of a kind (`invoice`), newest first. Throws when there is no such kind. */
  held(kind: string): readonly object[];
  stop(): Promise<void>;
}

/**
 * Starts the Stripe sandbox: Stripe's API for the SDK's `{ host, port, protocol: 'http' }`, and beside it
 * the calls that steer it (README).
 */
export async function startSandbox(options: SandboxOptions): Promise<RunningSandbox> {
  refuseInProduction('The Stripe sandbox');
  let url = '';
  const baseUrl = () => options.publicUrl ?? url;
  const { simulated } = options;
  const store = new Store(options.databaseFile, collections, schema, simulated?.realMs);
  forgetOldAnswers(store);
  const clock = new SteeredClock(store, { nowMs: Date.parse(options.now), running: options.running ?? false });
  const faults = new Faults(simulated?.drawFault);
  const rateLimit = new RateLimit(options.rateLimit?.requestsPerSecond ?? null, store.realMs);
  let activity = 0;
  const onActivity = () => {
    activity += 1;
  };
  const deliveries = new WebhookDeliveries(store, onActivity, simulated?.postWebhook);
  const wake = () => deliveries.wake();
  const timeKeeper = new TimeKeeper({ store, clock, steps: dueSteps, baseUrl, afterSteps: wake });
  const desk = new RequestDesk({ store, clock, faults, rateLimit, expansions, baseUrl });

  const server = newServer();
  addStripeRoutes(server, endpoints, {
    desk,
    afterRequest: () => {
      onActivity();
      wake();
    },
  });
  const idle = () => ({ pending: deliveries.pending() + timeKeeper.pending(), activity });
  addControlRoutes(server, { store, clock, timeKeeper, faults, activity: idle, onActivity });
  const act = <T>(change: (turn: Turn) => T): T => {
    onActivity();
    const turn = { store, nowSeconds: clock.nowSeconds(), cause: null, baseUrl: baseUrl() };
    const result = store.transaction(() => change(turn));
    wake();
    return result;
  };
  addSceneRoutes(server, { store, act });

  url = await server.listen({ host: options.host ?? '127.0.0.1', port: options.port });
  // A simulated clock stands between two moves: nothing falls due by itself.
  if (simulated === undefined) timeKeeper.start();
  wake();
  return {
    url,
    port: Number(new URL(url).port),
    // A simulated clock stands: what waits and what is due changes by what is written alone.
    webhooks: {
      waiting: store.untilWritten(() => deliveries.waiting()),
      deliver: (id, how) => deliveries.deliver(id, how),
    },
    held: (kind) => heldIn(store, kind),
    dueWork: { count: store.untilWritten(() => timeKeeper.pending()), take: () => timeKeeper.takeDue() },
    stop: async () => {
      await server.close();
      await timeKeeper.stop();
      await deliveries.stop();
      store.close();
    },
  };
}

/** What fastify itself refuses (a body too large, an unknown content type) says so by its status. */
const serverError = z.object({ statusCode: z.number().default(500), message: z.string().default('An error.') });

const refusal = (message: string) => ({ error: { type: 'invalid_request_error', message } });

function newServer(): FastifyInstance {
  const server = fastify({
    routerOptions: { querystringParser: parseForm },
    // Longer than clients keep idle connections: the server never closes one that is about to be used.
    keepAliveTimeout: 75_000,
    forceCloseConnections: true,
  });
  addBodyParsers(server);
  server.setErrorHandler((error, _request, reply) => {
    if (error instanceof StripeFailure) return reply.code(error.status).send({ error: error.detail });
    if (error instanceof ZodError) return reply.code(400).send(refusal(prettifyError(error)));
    const { statusCode, message } = serverError.parse(error);
    if (statusCode < 500) return reply.code(statusCode).send(refusal(message));
    console.error(error);
    return reply.code(500).send({ error: { type: 'api_error', message } });
  });
  return server;
}
