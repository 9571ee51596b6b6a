import { afterEach, describe, expect, test } from '@jest/globals';
import { allocationChanged, month, monthLocked, scheduleChanged } from '@wewrite/contracts';
import { sql } from 'kysely';
import { december, november, page, type RunningAllocations, startAllocations } from './running-allocations.ts';

const january = month('2027-01');
const started: RunningAllocations[] = [];

afterEach(async () => {
  for (const service of started.splice(0)) await service.stop();
});

/** Sam pays $10 a month and gives $5 to page a; no close comes by itself. */
async function start(): Promise<RunningAllocations> {
  const service = await startAllocations({ CLOSE_CRON: '0 0 31 2 *' });
  started.push(service);
  for (const name of ['a', 'b']) await service.register(page(name), 'wanda');
  await service.fund([
    { userId: 'sam', month: november, paidCents: 1_000 },
    { userId: 'sam', month: december, openCents: 1_000 },
  ]);
  await service.set('sam', page('a'), 500);
  return service;
}

const asSam = (service: RunningAllocations, method: string, path: string, body?: unknown) =>
  service.asSupporter<{ scheduleId: string; state: string; code?: string; field?: string }>('sam', method, path, body);
const plan = (service: RunningAllocations, wish: object) =>
  asSam(service, 'POST', '/v1/schedules', { resourceType: 'page', resourceId: 'a', ...wish });
const raise = { kind: 'set', usdCents: 800, fromMonth: december };
const span = { kind: 'add', usdCents: 300, fromMonth: december, throughMonth: december };

async function cents(service: RunningAllocations): Promise<Record<string, number>> {
  const { allocations } = await service.plan('sam');
  return Object.fromEntries(allocations.map(({ resourceId, usdCents }) => [resourceId, usdCents]));
}

async function states(service: RunningAllocations): Promise<string[]> {
  const { body } = await service.asSupporter<{ schedules: { state: string }[] }>('sam', 'GET', '/v1/schedules');
  return body.schedules.map(({ state }) => state);
}

describe('a scheduled change', () => {
  test('A9: begins at the first instant of its month, and a span ends by itself; both are told', async () => {
    const service = await start();
    expect(await plan(service, raise)).toMatchObject({
      status: 201,
      body: { state: 'planned', recipientUserId: 'wanda' },
    });
    expect(await plan(service, { ...span, resourceId: 'b', usdCents: 200 })).toMatchObject({ status: 201 });
    await service.setClock('2026-11-30T23:59:59.999Z');
    expect(await cents(service)).toEqual({ a: 500 });
    await service.setClock('2026-12-01T00:00:00.000Z');
    expect(await cents(service)).toEqual({ a: 800, b: 200 });
    await service.fund([{ userId: 'sam', month: january, openCents: 1_000 }]);
    await service.setClock('2027-01-01T00:00:00.000Z');
    await service.settled();
    expect(await cents(service)).toEqual({ a: 800 });
    const told = (await service.heard(scheduleChanged)).map(({ body }) => [body.kind, body.state, body.at]);
    expect(told.sort()).toEqual([
      ['add', 'begun', '2026-12-01T00:00:00.000Z'],
      ['add', 'ended', '2027-01-01T00:00:00.000Z'],
      ['add', 'planned', '2026-11-10T12:00:00.000Z'],
      ['set', 'begun', '2026-12-01T00:00:00.000Z'],
      ['set', 'planned', '2026-11-10T12:00:00.000Z'],
    ]);
    const causes = (await service.heard(allocationChanged)).map(({ body }) => [
      body.cause,
      body.month,
      body.afterCents,
    ]);
    expect(causes).toEqual([
      ['user', '2026-11', 500],
      ['schedule', '2026-12', 800],
      ['schedule', '2026-12', 200],
      ['schedule', '2027-01', 0],
    ]);
  });

  test('A9: nobody needs to be there: the plan is turned all the same', async () => {
    const service = await start();
    await plan(service, raise);
    await service.setClock('2026-12-01T00:00:00.001Z');
    await service.settled();
    const told = await service.heard(allocationChanged);
    expect(told.at(-1)?.body).toMatchObject({ cause: 'schedule', afterCents: 800, at: '2026-12-01T00:00:00.000Z' });
  });

  test('A9: is done before any change of its month, and a later change is never refused because of one', async () => {
    const service = await start();
    await plan(service, raise);
    expect(await service.set('sam', page('b'), 500)).toMatchObject({ status: 200 });
    await service.setClock('2026-12-01T00:00:00.000Z');
    // The raise of page a to 800 no longer fits beside 500: it is given up, and the plan stays as it was.
    expect(await service.set('sam', page('b'), 400)).toMatchObject({ status: 200 });
    expect(await cents(service)).toEqual({ a: 500, b: 400 });
    expect(await states(service)).toEqual(['did_not_fit']);
    expect((await service.heard(scheduleChanged)).at(-1)?.body).toMatchObject({ state: 'did_not_fit' });
  });

  test('A9: money that the running month alone has is not expected again: what needs it later is refused', async () => {
    const service = await start();
    await service.setClock('2026-12-02T00:00:00.000Z');
    await service.fund([
      { userId: 'sam', month: december, paidCents: 1_000 },
      { userId: 'sam', month: january },
    ]);
    expect(await plan(service, { ...raise, fromMonth: january })).toMatchObject({
      status: 409,
      body: { code: 'over_allocated', field: 'usdCents' },
    });
    expect(await service.set('sam', page('b'), 500)).toMatchObject({ status: 200 });
  });

  test('A9: a direct change of the same resource ends the span', async () => {
    const service = await start();
    await plan(service, span);
    await service.setClock('2026-12-10T08:00:00.000Z');
    expect(await cents(service)).toEqual({ a: 800 });
    await service.set('sam', page('a'), 600);
    expect(await states(service)).toEqual(['ended']);
    await service.fund([{ userId: 'sam', month: january, openCents: 1_000 }]);
    await service.setClock('2027-01-01T00:00:00.000Z');
    await service.settled();
    expect(await cents(service)).toEqual({ a: 600 });
  });

  test('A9, A8: months that went by unattended are turned one by one, and the late close sees each as it was', async () => {
    const service = await start();
    await plan(service, span);
    await service.fund([
      { userId: 'sam', month: december, paidCents: 1_000 },
      { userId: 'sam', month: january, paidCents: 1_000 },
    ]);
    await service.closeFunding(november, [{ userId: 'sam', paidCents: 1_000 }]);
    await service.closeFunding(december, [{ userId: 'sam', paidCents: 1_000 }]);
    await service.setClock('2027-01-20T08:00:00.000Z');
    await service.close(december);
    await service.settled();
    await service.reconcile(november);
    await service.settled();
    const locked = (await service.heard(monthLocked)).flatMap(({ body }) => (body.part === 'chunk' ? [body] : []));
    expect(locked.map(({ run, lines }) => [run.month, lines.usdCents]).sort()).toEqual([
      ['2026-11', [500]],
      ['2026-12', [800]],
    ]);
    expect(await cents(service)).toEqual({ a: 500 });
  });

  test('A9: a close that comes before the turn of a plan waits for it', async () => {
    const service = await start();
    await service.fund([{ userId: 'sam', month: december, paidCents: 1_000 }]);
    await service.closeFunding(november, [{ userId: 'sam', paidCents: 1_000 }]);
    await service.closeFunding(december, [{ userId: 'sam', paidCents: 1_000 }]);
    await plan(service, { ...raise, fromMonth: '2027-02' });
    await service.setClock('2026-12-01T09:00:00.000Z');
    await service.close(november);
    await service.settled();
    await service.setClock('2027-01-01T09:00:00.000Z');
    // As if nobody had turned it in December; the close that begins now is sooner than the next look for such plans.
    await service.query(sql`update schedule set from_month = ${december}, due_month = ${december}`);
    await service.close(december);
    await service.settled();
    const { allocations } = await service.plan('sam', december);
    expect(allocations).toMatchObject([{ resourceId: 'a', usdCents: 800, status: 'locked' }]);
  });

  test('A9: 32 changes at the month’s first instant, and the turn itself: it is turned once, before them', async () => {
    const service = await start();
    await plan(service, { ...raise, usdCents: 900 });
    await service.setClock('2026-12-01T00:00:00.000Z');
    const answers = await Promise.all(Array.from({ length: 32 }, () => service.set('sam', page('b'), 101)));
    expect(answers.filter(({ status }) => status === 200)).toEqual([]);
    expect(await cents(service)).toEqual({ a: 900 });
    const turned = (await service.heard(allocationChanged)).filter(({ body }) => body.cause === 'schedule');
    expect(turned).toHaveLength(1);
  });
});

describe('what is planned', () => {
  test('A9: is checked against the expected budget when made, together with what is planned already', async () => {
    const service = await start();
    expect(await plan(service, { ...raise, usdCents: 1_001 })).toMatchObject({
      status: 409,
      body: { code: 'over_allocated', field: 'usdCents' },
    });
    expect(await plan(service, raise)).toMatchObject({ status: 201 });
    const more = { ...span, resourceId: 'b', usdCents: 201 };
    expect(await plan(service, more)).toMatchObject({ status: 409 });
    expect(await plan(service, { ...more, usdCents: 200 })).toMatchObject({ status: 201 });
    await service.fund([{ userId: 'sam', month: december, openCents: 700 }]);
    expect(await plan(service, { ...more, usdCents: 1 })).toMatchObject({ status: 409 });
  });

  test('A9: can be edited and removed until it begins, and not afterwards', async () => {
    const service = await start();
    const { scheduleId } = (await plan(service, raise)).body;
    const path = `/v1/schedules/${scheduleId}`;
    expect(await asSam(service, 'PUT', path, { ...raise, usdCents: 900 })).toMatchObject({ status: 200 });
    expect(await asSam(service, 'PUT', path, { ...raise, usdCents: 1_100 })).toMatchObject({ status: 409 });
    const other = (await plan(service, { ...span, resourceId: 'b', usdCents: 100 })).body.scheduleId;
    expect(await asSam(service, 'DELETE', `/v1/schedules/${other}`)).toMatchObject({ body: { state: 'removed' } });
    expect(await asSam(service, 'DELETE', `/v1/schedules/${other}`)).toMatchObject({ body: { state: 'removed' } });
    await service.setClock('2026-12-01T00:00:00.000Z');
    expect(await asSam(service, 'DELETE', path)).toMatchObject({ status: 409, body: { code: 'already_begun' } });
    expect(await cents(service)).toEqual({ a: 900 });
  });

  test('A4: is refused for months that are not to come, for what is not there, and for oneself', async () => {
    const service = await start();
    await service.register(page('own'), 'sam');
    const cases: [object, number, string][] = [
      [{ ...raise, fromMonth: november }, 400, 'invalid_request'],
      [{ ...span, fromMonth: january }, 400, 'invalid_request'],
      [{ ...raise, fromMonth: '2030-01' }, 400, 'invalid_request'],
      [{ ...raise, resourceId: 'nothing' }, 422, 'unknown_resource'],
      [{ ...raise, resourceId: 'own' }, 422, 'self_support'],
      [{ ...span, usdCents: 0 }, 400, 'invalid_request'],
    ];
    for (const [wish, status, code] of cases)
      expect(await plan(service, wish)).toMatchObject({ status, body: { code } });
    expect(await states(service)).toEqual([]);
  });

  test('is nobody else’s to see or to change', async () => {
    const service = await start();
    const { scheduleId } = (await plan(service, raise)).body;
    const eve = (method: string, path: string, body?: unknown) => service.asSupporter('eve', method, path, body);
    expect(await eve('DELETE', `/v1/schedules/${scheduleId}`)).toMatchObject({ status: 404 });
    expect(await eve('PUT', `/v1/schedules/${scheduleId}`, raise)).toMatchObject({ status: 404 });
    expect(await eve('GET', '/v1/schedules')).toMatchObject({ body: { schedules: [] } });
  });
});
