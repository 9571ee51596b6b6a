import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AllocationEventSchema, AllocationSummarySchema } from '@wewrite/contracts';
import { realTime, type TechnicalTime } from '@wewrite/service-kit';
import { sql } from 'kysely';
import {
  december,
  eventually,
  november,
  page,
  type RunningAllocations,
  startAllocations,
} from './running-allocations.ts';

const heartbeatMs = 15_000;
/** Heartbeats come three hundred times as fast. */
const time: TechnicalTime = {
  ...realTime,
  sleep: (durationMs, signal) => realTime.sleep(durationMs === heartbeatMs ? 50 : durationMs, signal),
};

let service: RunningAllocations;

beforeAll(async () => {
  service = await startAllocations({}, time);
  for (const id of ['a', 'b']) await service.register(page(id), 'wanda');
});
afterAll(() => service.stop());

interface Event {
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** Opens a stream; `next` answers the next event, heartbeats left out, and null at the end. */
async function open(sub: string, query = '', url = service.url('allocations')) {
  const leaving = new AbortController();
  const response = await fetch(`${url}/v1/allocations/stream${query}`, {
    headers: { authorization: `Bearer ${await service.token({ sub, roles: ['supporter'] })}` },
    signal: leaving.signal,
  });
  const blocks = blocksOf(response);
  let heartbeats = 0;
  const next = async (): Promise<Event | null> => {
    for (;;) {
      const { value, done } = await blocks.next();
      if (done) return null;
      if (value.startsWith(':')) heartbeats += 1;
      else return eventOf(value);
    }
  };
  return { response, next, heartbeats: () => heartbeats, leave: () => leaving.abort() };
}

async function* blocksOf(response: Response): AsyncGenerator<string, undefined> {
  let text = '';
  for await (const bytes of response.body ?? []) {
    text += Buffer.from(bytes).toString('utf8');
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    yield* blocks;
  }
  return undefined;
}

function eventOf(block: string): Event {
  const [first = '', second = ''] = block.split('\n');
  const event = first.replace('event: ', '');
  const data = JSON.parse(second.replace('data: ', ''));
  const schema = event === 'summary' ? AllocationSummarySchema : AllocationEventSchema;
  return { event, data: schema.parse(data) };
}

describe('the stream of a plan', () => {
  test('begins with how things stand, then tells each change, at whichever replica it is made', async () => {
    await service.fund([{ userId: 'sam', month: november, paidCents: 1_000 }]);
    await service.set('sam', page('a'), 100);
    const replica = await service.startReplica('allocations');
    const stream = await open('sam', '?resource=page/a&resource=page%2Fb', replica.url);
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream');
    expect(await stream.next()).toMatchObject({ event: 'summary', data: { availableCents: 900, version: 1 } });
    expect(await stream.next()).toMatchObject({
      event: 'allocation',
      data: { resourceId: 'a', version: 1, allocation: { usdCents: 100 } },
    });
    expect(await stream.next()).toMatchObject({ data: { resourceId: 'b', version: 0, allocation: null } });
    await service.set('sam', page('b'), 30);
    expect(await stream.next()).toMatchObject({ event: 'summary', data: { availableCents: 870, version: 2 } });
    expect(await stream.next()).toMatchObject({ data: { resourceId: 'b', version: 2, allocation: { usdCents: 30 } } });
    stream.leave();
    await replica.stop();
  });

  test('A11: tells at once that a writer of the plan takes no support any more', async () => {
    await service.register(page('of-wade'), 'wade');
    await service.fund([{ userId: 'wyn', month: november, paidCents: 1_000 }]);
    await service.set('wyn', page('of-wade'), 100);
    const stream = await open('wyn', '?resource=page/of-wade');
    expect(await stream.next()).toMatchObject({ event: 'summary', data: { version: 1 } });
    expect(await stream.next()).toMatchObject({ data: { allocation: { writerState: 'open' } } });
    const path = '/v1/writers/wade';
    await service.call({ sub: 'site', role: 'service' }, { method: 'PUT', path, body: { state: 'blocked' } });
    // The state may be seen before the supporter is told; the last event has both.
    let event = await stream.next();
    while (event?.data.version !== 2 || event.event !== 'allocation') event = await stream.next();
    expect(event.data).toMatchObject({ version: 2, allocation: { usdCents: 100, writerState: 'blocked' } });
    stream.leave();
  });

  test('tells nothing of other users, and a budget as soon as it is known', async () => {
    await service.fund([{ userId: 'tom', month: november, paidCents: 500 }]);
    const stream = await open('uma', '?resource=page/a');
    expect(await stream.next()).toMatchObject({ data: { funding: 'none', totalCents: 0 } });
    expect(await stream.next()).toMatchObject({ data: { allocation: null } });
    await service.set('tom', page('a'), 100);
    await service.fund([{ userId: 'uma', month: november, openCents: 700 }]);
    expect(await stream.next()).toMatchObject({ event: 'summary', data: { funding: 'expected', totalCents: 700 } });
    stream.leave();
  });

  test('tells again after its connection to the database was lost, whatever has changed meanwhile', async () => {
    await service.fund([{ userId: 'vic', month: november, paidCents: 500 }]);
    const stream = await open('vic');
    await stream.next();
    const lost = await service.query(sql`
      select pg_terminate_backend(pid) from pg_stat_activity where query = 'listen plan_changed' and usename = user`);
    expect(lost.length).toBeGreaterThan(0);
    await service.set('vic', page('a'), 100);
    expect(await stream.next()).toMatchObject({ event: 'summary', data: { availableCents: 400 } });
    await service.set('vic', page('a'), 200);
    expect(await stream.next()).toMatchObject({ event: 'summary', data: { availableCents: 300 } });
    stream.leave();
  });

  test('is kept alive by heartbeats, and notices the turn of the month', async () => {
    await service.fund([november, december].map((month) => ({ userId: 'wim', month, paidCents: 500 })));
    const stream = await open('wim');
    expect(await stream.next()).toMatchObject({ data: { month: november } });
    const turned = stream.next();
    await service.setClock('2026-12-01T00:00:00.000Z');
    expect(await turned).toMatchObject({ event: 'summary', data: { month: december } });
    const nothing = stream.next().catch(() => 'left');
    await eventually('a heartbeat', async () => stream.heartbeats() > 0);
    stream.leave();
    expect(await nothing).toBe('left');
  });

  test('refuses what it cannot watch, and more streams than a person reads', async () => {
    for (const query of ['?resource=song/a', '?resource=page', '?resource=page/', '?other=1']) {
      const { response } = await open('xena', query);
      expect(response.status).toBe(400);
    }
    const streams = await Promise.all(Array.from({ length: 30 }, () => open('xena')));
    expect(streams.filter(({ response }) => response.status === 200)).toHaveLength(20);
    expect(streams.filter(({ response }) => response.status === 429)).toHaveLength(10);
    for (const stream of streams) stream.leave();
    await eventually('room for another', async () => {
      const stream = await open('xena');
      stream.leave();
      return stream.response.status === 200;
    });
    const response = await fetch(`${service.url('allocations')}/v1/allocations/stream`);
    expect(response.status).toBe(401);
  });

  test('ends when the service drains', async () => {
    const replica = await service.startReplica('allocations');
    const stream = await open('yan', '', replica.url);
    await stream.next();
    await replica.stop();
    expect(await stream.next()).toBeNull();
  });
});
