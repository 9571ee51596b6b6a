import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ServiceName, serviceNames } from '@wewrite/contracts';
import { services } from '../apps/cli/src/stack/services.ts';
import { allocationsGuards } from './database-guards/allocations-guards.ts';
import { billingGuards } from './database-guards/billing-guards.ts';
import { earningsGuards } from './database-guards/earnings-guards.ts';
import { type GuardedSchema, openGuardedSchema, type Trial } from './database-guards/guarded-schema.ts';
import type { Guards } from './database-guards/guards.ts';
import { monitoringGuards } from './database-guards/monitoring-guards.ts';
import { payoutsGuards } from './database-guards/payouts-guards.ts';

const guardsOf: Readonly<Record<ServiceName, Guards>> = {
  allocations: allocationsGuards,
  billing: billingGuards,
  earnings: earningsGuards,
  payouts: payoutsGuards,
  monitoring: monitoringGuards,
};

interface Refused extends Trial {
  readonly guard: string;
}

function refusedRows({ tables }: Guards): readonly Refused[] {
  return Object.entries(tables).flatMap(([table, { before, row, refused = {}, once = {} }]) => {
    const wrong = [
      ...Object.entries(refused).map(([guard, each]) => [guard, [each]] as const),
      ...Object.entries(once),
    ];
    return wrong.map(([guard, rows]) => ({ table, before, guard, rows: rows.map((each) => ({ ...row, ...each })) }));
  });
}

describe.each(serviceNames)('the database of %s refuses', (service) => {
  let schema: GuardedSchema;
  beforeAll(async () => {
    schema = await openGuardedSchema(services[service]);
  });
  afterAll(() => schema?.close());
  const { tables, unchanged, unremoved } = guardsOf[service];

  test.each(refusedRows(guardsOf[service]))('Guards: what $guard of $table forbids', async ({ guard, ...trial }) => {
    expect(await schema.refusalOf(trial)).toBe(guard);
  });

  test('Guards: nothing but that: what the others differ from is taken', async () => {
    for (const [table, { before, row }] of Object.entries(tables)) {
      const refusal = await schema.refusalOf({ table, before, rows: [row] });
      expect([table, refusal]).toEqual([table, null]);
    }
  });

  test('Guards: by rules of which each is tried here', async () => {
    const tried = Object.entries(tables).flatMap(([table, { refused = {}, once = {}, implied = [] }]) =>
      [...Object.keys(refused), ...Object.keys(once), ...implied].map((guard) => `${table}.${guard}`),
    );
    expect([...(await schema.guards())].sort()).toEqual(tried.sort());
  });

  test('A10, C4: that its own service changes or removes what is only added', async () => {
    expect(await schema.tablesKeptFrom('update')).toEqual(unchanged);
    expect(await schema.tablesKeptFrom('delete')).toEqual(unremoved);
  });
});
