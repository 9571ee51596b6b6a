import { Readable } from 'node:stream';
import { monthOf, type ResourceKey, resourceOfText, StreamQuerySchema, type UserId } from '@wewrite/contracts';
import { identityOf, problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import { z } from 'zod';
import type { Context } from './db.ts';
import { resourceKeyOf } from './plan.ts';
import { allocationAnswer } from './plan-answer.ts';
import { createPlanFeed, type PlanFeed } from './plan-feed.ts';
import { readStandingPlan } from './read-plan.ts';

const heartbeatMs = 15_000;
/** A stream ends after a while, so that whoever reads it shows a token that is still good. */
const lifeMs = 15 * 60_000;
const maximumStreams = 20;

/** What OpenAPI says of the answer; the events themselves are not serialised as one. */
const EventStreamSchema = z.unknown().meta({ type: 'string', description: 'text/event-stream' });

/**
 * Server-sent events: `summary`, the numbers of the caller's plan, and `allocation`, what the caller gives a watched
 * resource. The first events say how things stand, the next ones what has changed, each the whole state: after a break
 * nothing needs to be caught up but by opening the stream again. A slow reader gets fewer events, and the newest state.
 * What nobody is told of (the turn of a month) is noticed at the next heartbeat.
 */
export function streamAllocations(server: Server, context: Context): void {
  const feed = createPlanFeed(context);
  const openStreams = new Map<UserId, number>();
  const draining = new AbortController();
  server.addHook('preClose', async () => draining.abort());
  server.addHook('onClose', () => feed.stop());
  server.get(
    '/v1/allocations/stream',
    {
      schema: {
        summary: "The supporter's summary and watched resources as they change, as server-sent events",
        querystring: StreamQuerySchema,
        response: { 200: EventStreamSchema, ...problemResponses },
      },
      config: { access: ['supporter'] },
    },
    async (request, reply) => {
      const { userId } = identityOf(request);
      const openCount = openStreams.get(userId) ?? 0;
      if (openCount >= maximumStreams) {
        throw new Refusal('rate_limited', `You read ${maximumStreams} streams already: end one of them first.`);
      }
      // Counted at once, not when it is first read: many may be opened at the same time.
      openStreams.set(userId, openCount + 1);
      const closed = new AbortController();
      reply.raw.once('close', () => {
        closed.abort();
        const left = (openStreams.get(userId) ?? 1) - 1;
        if (left === 0) openStreams.delete(userId);
        else openStreams.set(userId, left);
      });
      const watched = [request.query.resource ?? []].flat().map(resourceOfText);
      const events = eventsOf(context, feed, {
        userId,
        watched,
        ended: AbortSignal.any([closed.signal, draining.signal]),
      });
      // The connection ends with its stream: one that stayed open would hold up the drain.
      reply.headers({ connection: 'close', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
      reply.type('text/event-stream');
      return reply.send(Readable.from(events, { objectMode: false }));
    },
  );
}

interface Streamed {
  readonly userId: UserId;
  readonly watched: readonly ResourceKey[];
  readonly ended: AbortSignal;
}

async function* eventsOf(context: Context, feed: PlanFeed, of: Streamed): AsyncGenerator<string> {
  const { time } = context;
  const endMs = time.now().getTime() + lifeMs;
  let changed = new AbortController();
  const unsubscribe = feed.subscribe(of.userId, () => changed.abort());
  const sent = new Map<string, string>();
  try {
    while (!of.ended.aborted && time.now().getTime() < endMs) {
      changed = new AbortController();
      const news = await newsOf(context, of, sent);
      yield news === '' ? ': heartbeat\n\n' : news;
      await time.sleep(heartbeatMs, AbortSignal.any([changed.signal, of.ended]));
    }
  } finally {
    unsubscribe();
  }
}

/** The events whose state differs from what was sent before; the time of reading alone is no difference. */
async function newsOf(context: Context, { userId, watched }: Streamed, sent: Map<string, string>): Promise<string> {
  const now = context.clock.now();
  const month = monthOf(now);
  const { plan, funding } = await readStandingPlan(context, { userId, month, now });
  let news = '';
  const tell = (name: string, event: string, data: object, state: object = data) => {
    const text = JSON.stringify(state);
    if (sent.get(name) === text) return;
    sent.set(name, text);
    news += `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
  };
  const { summary } = allocationAnswer({ userId, month, funding, plan, standing: null, now });
  tell('summary', 'summary', summary, { ...summary, serverTime: null });
  for (const resource of watched) {
    const key = resourceKeyOf(resource);
    const standing = plan.allocations.get(key) ?? null;
    const { allocation, version } = allocationAnswer({ userId, month, funding, plan, standing, now });
    tell(key, 'allocation', { ...resource, allocation, version });
  }
  return news;
}
