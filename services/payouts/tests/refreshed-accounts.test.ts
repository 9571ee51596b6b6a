import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { ProblemSchema, stripeReceived } from '@wewrite/contracts';
import { sql } from 'kysely';
import type { Schema } from '../src/db.ts';
import { type PayoutHarness, startPayouts } from './payout-harness.ts';
import { until } from './until.ts';

let stack: PayoutHarness;
let events = 0;

beforeAll(async () => {
  stack = await startPayouts('connect');
});
afterEach(() => stack.endFaults());
afterAll(() => stack.stop());

const accountOf = async (writer: string) => {
  const { rows } = await sql<{ can_receive: boolean; refresh_due: boolean; account_id: string }>`
    select can_receive, refresh_due, account_id from payout_account where user_id = ${writer}`.execute(
    stack.database<Schema>('payouts').kysely,
  );
  return rows[0];
};
/** As billing tells it; nobody waits for what it causes. */
const say = (objectId: string) => {
  const [eventId, type] = [`evt_account_${++events}`, 'v2.core.account[requirements].updated'];
  const body = { eventId, type, objectId, accountId: null, created: '2026-11-01T00:00:00Z' };
  return stack.say(stripeReceived, { key: objectId, id: eventId, body });
};

describe('an account that may have changed', () => {
  test('E2: is due until what was read of it is recorded, so that a crash meanwhile forgets nothing', async () => {
    const accountId = await stack.onboard('wanda', 'ready');
    // The reading lasts: its answers are lost, and it is repeated.
    await stack.fault({
      match: { method: 'GET', path: '/v2/core/accounts/*' },
      kind: 'timeout_after_success',
      times: 2,
    });
    const before = (await stack.requestsOf(`/v2/core/accounts/${accountId}`)).length;
    await stack.changeAtStripe(accountId, 'restricted');
    await say(accountId);
    await until(async () => (await stack.requestsOf(`/v2/core/accounts/${accountId}`)).length > before);
    expect(await accountOf('wanda')).toMatchObject({ refresh_due: true, can_receive: true });
    await stack.settled();
    expect(await accountOf('wanda')).toMatchObject({ refresh_due: false, can_receive: false });
  });

  test('E2: does not wait for others that cannot be read', async () => {
    const { kysely } = stack.database<Schema>('payouts');
    const accountId = await stack.onboard('zoe', 'restricted');
    await stack.changeAtStripe(accountId, 'ready');
    await sql`
      insert into payout_account (user_id, account_id, refresh_due, changed_at)
      select 'gone ' || number, 'acct_gone_' || number, true, now() from generate_series(10, 40) as number`.execute(
      kysely,
    );
    await say(accountId);
    await until(async () => (await accountOf('zoe'))?.can_receive === true);
    await sql`update payout_account set refresh_due = false where user_id ^@ 'gone '`.execute(kysely);
    await stack.settled();
  });
});

test('D6: writers who open their accounts take turns of payouts’ pace, and the rest are told to ask again', async () => {
  await stack.fault({
    match: { method: 'POST', path: '/v2/core/accounts' },
    kind: 'timeout_after_success',
    times: 100,
  });
  const writers = Array.from({ length: 14 }, (_, index) => ({ sub: `many ${index}`, roles: ['writer'] }));
  const answers = await Promise.all(writers.map((writer) => stack.post('/v1/payout-account', {}, writer)));
  const shed = answers.filter(({ body }) => ProblemSchema.parse(body).detail.startsWith('Many are opening'));
  expect(shed.map(({ status }) => status)).toEqual(Array(6).fill(503));
  await stack.endFaults();
  const [first] = writers;
  expect((await stack.post('/v1/payout-account', {}, first)).status).toBe(200);
});
