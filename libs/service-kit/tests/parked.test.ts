import { afterEach, describe, expect, test } from '@jest/globals';
import { type MessageOf, messageParked, operatorCommand, UserIdSchema, writerChanged } from '@wewrite/contracts';
import { sql } from 'kysely';
import { type KitHarness, startKitService } from './kit-service.ts';

const started: KitHarness[] = [];
afterEach(async () => {
  for (const kit of started.splice(0)) await kit.stop();
});

async function start(): Promise<KitHarness> {
  const kit = await startKitService();
  started.push(kit);
  return kit;
}

const message = (userId: string, version: number) =>
  writerChanged.schema.parse({ userId, version, accountId: null, canReceive: false, reason: 'no_payout_account' });

/** Says messages of one key, of which the third is poison; each is known by its version. */
async function sayFive(kit: KitHarness): Promise<void> {
  for (let version = 1; version <= 5; version++) {
    const body = message(version === 3 ? 'poison' : 'ben', version);
    await kit.say(writerChanged, { key: 'ben', id: `version-${version}`, body });
  }
  await kit.settled();
}

interface Order {
  readonly order: 'replay' | 'drop';
  readonly messageId: string;
  readonly commandId?: string;
}

async function order(kit: KitHarness, { order, messageId, commandId = crypto.randomUUID() }: Order): Promise<string> {
  const body = {
    order,
    commandId,
    service: 'payouts',
    topic: writerChanged.name,
    messageId,
    orderedBy: UserIdSchema.parse('olga'),
    why: 'it is mended',
    at: '2026-11-01T12:00:00.000Z',
  } as const;
  await kit.say(operatorCommand, { key: 'payouts', id: commandId, body });
  await kit.settled();
  return commandId;
}

const parkedIn = async ({ own }: KitHarness) => {
  const { rows } = await sql<{ id: string; reason: string; version: number }>`
    select message_id as id, reason, version from parked_message order by message_id`.execute(own.kysely);
  return rows;
};

/** All that the service has said of a parked message, in order. */
async function toldOf(kit: KitHarness, messageId: string): Promise<MessageOf<typeof messageParked>[]> {
  const told: MessageOf<typeof messageParked>[] = [];
  const groupId = crypto.randomUUID();
  const consumer = await kit.broker.subscribe({
    groupId,
    topics: [kit.topicName(messageParked)],
    maxRecords: 100,
    onCrash: () => undefined,
    onBatch: async (records) => {
      told.push(...records.map(({ value }) => messageParked.schema.parse(JSON.parse(value.toString()))));
      return { doneCount: records.length, retryAfterMs: 0 };
    },
  });
  while ((await kit.broker.lag(groupId, [kit.topicName(messageParked)])) > 0) await new Promise(setImmediate);
  await consumer.stop();
  return told.filter((one) => one.messageId === messageId);
}

describe('poison among good messages', () => {
  test('is replayed through the same inbox and handler once the cause is mended, and applied once', async () => {
    const kit = await start();
    await sayFive(kit);
    expect(kit.heard.map(({ version }) => version)).toEqual([1, 2, 4, 5]);
    expect(await parkedIn(kit)).toEqual([
      { id: 'version-3', reason: expect.stringContaining('cannot be digested'), version: 1 },
    ]);
    kit.mend();
    const commandId = await order(kit, { order: 'replay', messageId: 'version-3' });
    expect(kit.heard.map(({ version }) => version)).toEqual([1, 2, 4, 5, 3]);
    expect(await parkedIn(kit)).toEqual([]);
    expect((await toldOf(kit, 'version-3')).map(({ state, version, commandId: of }) => [state, version, of])).toEqual([
      ['parked', 1, null],
      ['replayed', 2, commandId],
    ]);
    await order(kit, { order: 'replay', messageId: 'version-3' });
    await sayFive(kit);
    expect(kit.heard).toHaveLength(5);
  });

  test('stays parked with the new reason when it fails again, and its effect is undone', async () => {
    const kit = await start();
    await sayFive(kit);
    const commandId = await order(kit, { order: 'replay', messageId: 'version-3' });
    expect(await parkedIn(kit)).toMatchObject([{ id: 'version-3', version: 2 }]);
    expect((await toldOf(kit, 'version-3')).at(-1)).toMatchObject({ state: 'parked', version: 2, commandId });
    const { rows } = await sql`select from inbox where message_id = 'version-3'`.execute(kit.own.kysely);
    expect(rows).toEqual([]);
    kit.mend();
    await order(kit, { order: 'replay', messageId: 'version-3' });
    expect(kit.heard.map(({ version }) => version)).toEqual([1, 2, 4, 5, 3]);
  });

  test('has no effect any more once it is dropped, also when Kafka delivers it again', async () => {
    const kit = await start();
    await sayFive(kit);
    await order(kit, { order: 'drop', messageId: 'version-3' });
    expect(await parkedIn(kit)).toEqual([]);
    expect((await toldOf(kit, 'version-3')).at(-1)).toMatchObject({ state: 'dropped', version: 2 });
    kit.mend();
    await sayFive(kit);
    expect(kit.heard.map(({ version }) => version)).toEqual([1, 2, 4, 5]);
  });

  test('an order that meets trouble that passes is obeyed after it', async () => {
    const kit = await start();
    await sayFive(kit);
    kit.mend();
    kit.failTransiently(2);
    await order(kit, { order: 'replay', messageId: 'version-3' });
    expect(kit.heard.map(({ version }) => version)).toEqual([1, 2, 4, 5, 3]);
  });

  test('what Postgres could not keep, U+0000, does not hold up its neighbours', async () => {
    const kit = await start();
    const value = Buffer.from('\0not\0JSON');
    await kit.broker.send([
      { topic: kit.topicName(writerChanged), key: 'a\0b', value, headers: { ce_id: 'nul\0', ce_time: '2026-11-01' } },
    ]);
    await sayFive(kit);
    const rows = await parkedIn(kit);
    expect(rows.map(({ id }) => id)).toEqual(['nul\u{fffd}', 'version-3']);
    expect(kit.heard.map(({ version }) => version)).toEqual([1, 2, 4, 5]);
  });

  test('delivered again while it is parked, it is told of once', async () => {
    const kit = await start();
    await sayFive(kit);
    await sayFive(kit);
    expect(await toldOf(kit, 'version-3')).toHaveLength(1);
  });
});
