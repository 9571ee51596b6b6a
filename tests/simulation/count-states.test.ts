import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Database } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { knownStates } from './known-states.ts';
import { type WorldDatabase, worldDatabase } from './world-database.ts';

let world: WorldDatabase;
let allocations: Database<never>;
beforeAll(async () => {
  world = await worldDatabase();
  allocations = world.open('allocations');
});
afterAll(() => world.giveBack());

async function statesSeen(): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`select name from state_seen`.execute(allocations.kysely);
  return rows.map(({ name }) => name);
}

test('each state that a row comes into is counted, also one that it leaves at once; one that it stays in is not again', async () => {
  const { kysely } = allocations;
  await sql`insert into writer_state (user_id, since, state) values ('wim', now(), 'blocked')`.execute(kysely);
  await sql`update writer_state set state = 'closed'`.execute(kysely);
  await sql`update writer_state set until = now() + interval '1 day'`.execute(kysely);
  expect(await statesSeen()).toEqual([
    'allocations.writer_state.state blocked',
    'allocations.writer_state.state closed',
  ]);
});

test('what is undone was never seen', async () => {
  const before = await statesSeen();
  const undone = allocations.transaction(async (tx) => {
    await sql`insert into writer_state (user_id, since, state) values ('wanda', now(), 'inactive')`.execute(tx);
    throw new Error('no');
  });
  await expect(undone).rejects.toThrow('no');
  expect(await statesSeen()).toEqual(before);
});

test('the values of each column that a check limits to a list are known, whichever service it is of', async () => {
  const known = await knownStates();
  expect(known).toEqual(
    expect.arrayContaining([
      'allocations.schedule.state did_not_fit',
      'billing.escrow_move.state waiting_for_funds',
      'earnings.run.state collecting',
      'payouts.judgement.reason already_in_flight',
      'monitoring.month_run.state reconciled',
    ]),
  );
});
