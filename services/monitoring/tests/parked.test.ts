import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type MessageOf,
  messageParked,
  operatorCommand,
  ParkedMessageSchema,
  ParkedPageSchema,
  ProblemSchema,
} from '@wewrite/contracts';
import { type Harness, startHarness } from '@wewrite/local-stack/harness';
import { runnable } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { monitoring } from '../src/app.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ services: [runnable(monitoring)], now: '2026-12-01T09:00:00.000Z' });
});
afterAll(() => harness.stop());

type Parked = MessageOf<typeof messageParked>;

async function say(change: Partial<Parked>): Promise<void> {
  const body: Parked = {
    service: 'billing',
    topic: 'payout.settled',
    messageId: 'one',
    key: 'ben',
    reason: 'netCents is missing',
    at: '2026-12-01T09:00:00.000Z',
    state: 'parked',
    version: 1,
    canBeDropped: true,
    commandId: null,
    ...change,
  };
  await harness.say(messageParked, { key: body.service, id: crypto.randomUUID(), body });
  await harness.settled();
}

async function ask(path: string, body?: object, roles = ['admin']): Promise<unknown> {
  const authorization = `Bearer ${await harness.token({ sub: 'olga', roles })}`;
  const answer = await fetch(`${harness.url('monitoring')}/v1/parked${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return answer.json();
}

const list = async (query = '') => ParkedPageSchema.parse(await ask(query));
const idsOf = ({ messages }: { messages: readonly { messageId: string }[] }) =>
  messages.map(({ messageId }) => messageId);
const codeOf = (answer: unknown) => ProblemSchema.parse(answer).code;

/** The only parked message of this id. */
async function find(messageId: string) {
  const { messages } = await list();
  const found = messages.find((message) => message.messageId === messageId);
  if (found === undefined) throw new Error(`${messageId} is not parked`);
  return found;
}

async function ordersSaid() {
  const { rows } = await sql<{ order: string; reason: string; by: string; at: Date }>`
    select "order", reason, ordered_by as by, ordered_at as at from operator_order order by place`.execute(
    harness.database('monitoring').kysely,
  );
  return rows;
}

describe('what the services have parked', () => {
  test('is one list, page by page, for administrators alone', async () => {
    for (const messageId of ['one', 'two', 'three']) await say({ messageId });
    await say({ messageId: 'chunk', service: 'earnings', topic: 'month.locked', canBeDropped: false });
    const first = await list('?limit=2');
    expect(idsOf(first)).toEqual(['one', 'two']);
    expect(idsOf(await list(`?limit=2&cursor=${first.nextCursor}`))).toEqual(['three', 'chunk']);
    expect(idsOf(await list('?service=earnings'))).toEqual(['chunk']);
    expect(idsOf(await list('?topic=payout.settled'))).toEqual(['one', 'two', 'three']);
    expect((await list()).nextCursor).toBeNull();
    expect(codeOf(await ask('?cursor=x'))).toBe('invalid_request');
    expect(codeOf(await ask('', undefined, ['writer']))).toBe('forbidden');
  });

  test('is ordered to be replayed with a reason, which is kept, and told to the service', async () => {
    const { id } = await find('one');
    expect(codeOf(await ask(`/${id}/replay`, {}))).toBe('invalid_request');
    const ordered = ParkedMessageSchema.parse(await ask(`/${id}/replay`, { reason: ' the schema is mended ' }));
    expect(ordered).toMatchObject({
      state: 'parked',
      lastOrder: { order: 'replay', orderedBy: 'olga', answered: false },
    });
    await harness.settled();
    expect(await ordersSaid()).toEqual([
      { order: 'replay', reason: 'the schema is mended', by: 'olga', at: new Date('2026-12-01T09:00:00.000Z') },
    ]);
    await say({
      messageId: 'one',
      version: 2,
      reason: 'it fails again',
      commandId: ordered.lastOrder?.commandId ?? null,
    });
    expect(await find('one')).toMatchObject({ reason: 'it fails again', lastOrder: { answered: true } });
  });

  test('an older answer never takes the place of a newer one, and what is replayed leaves the list', async () => {
    await say({ messageId: 'two', version: 3, state: 'replayed' });
    await say({ messageId: 'two', version: 2, reason: 'late' });
    expect(idsOf(await list())).toEqual(['one', 'three', 'chunk']);
    const [replayed] = (await list('?state=replayed')).messages;
    expect(replayed).toMatchObject({ messageId: 'two', state: 'replayed' });
    expect(codeOf(await ask(`/${replayed?.id}/drop`, { reason: 'too late' }))).toBe('not_parked');
  });

  test('B5: a part of a counted series is never dropped; what is unknown is not found', async () => {
    const { id } = await find('chunk');
    expect(codeOf(await ask(`/${id}/drop`, { reason: 'away with it' }))).toBe('must_not_be_dropped');
    expect(codeOf(await ask(`/${crypto.randomUUID()}/drop`, { reason: 'away with it' }))).toBe('not_found');
    expect(codeOf(await ask(`/${id}/drop`, { reason: 'away with it' }, ['supporter']))).toBe('forbidden');
  });

  test('orders can only be added', async () => {
    const { kysely } = harness.database('monitoring');
    await expect(sql`update operator_order set reason = 'another'`.execute(kysely)).rejects.toThrow(
      'permission denied',
    );
    await expect(sql`delete from operator_order`.execute(kysely)).rejects.toThrow('permission denied');
  });
});

test('monitoring obeys orders about what it has itself parked, and lists that as well', async () => {
  await harness.broker.send([
    {
      topic: harness.topicName(operatorCommand),
      key: 'k',
      value: Buffer.from('no order'),
      headers: { ce_id: 'garbage' },
    },
  ]);
  await harness.settled();
  const { id, service } = await find('garbage');
  expect(service).toBe('monitoring');
  await ask(`/${id}/drop`, { reason: 'somebody’s mistake' });
  await harness.settled();
  expect((await list('?state=dropped')).messages).toMatchObject([
    { messageId: 'garbage', state: 'dropped', lastOrder: { reason: 'somebody’s mistake', answered: true } },
  ]);
});
