import { setTimeout as delay } from 'node:timers/promises';
import { type CloseStep, rehearsedSteps } from '@wewrite/contracts';
import { z } from 'zod';
import { type ProcessUse, useOf, useOfFamily } from './process-use.ts';
import type { BenchDatabase, Servers } from './servers.ts';
import { type Services, startServices } from './services.ts';
import { runOf, type World } from './world.ts';

/** The steps up to the request of payouts, which are also those of a rehearsal: what follows waits for Stripe. */
const measuredSteps: readonly CloseStep[] = rehearsedSteps;

/** When a step began and ended, in seconds after the close was asked for, as monitoring heard of it. */
export interface StepTimes {
  readonly step: CloseStep;
  readonly beginSeconds: number;
  readonly endSeconds: number;
}

/** A close by the real services. */
export interface ServicesClose {
  readonly seconds: number;
  readonly steps: readonly StepTimes[];
  /** By process: of the processor what the close used, of memory the peak since the process began. */
  readonly use: Readonly<Record<string, ProcessUse>>;
}

/** What decides how the services run. */
export interface CloseOptions {
  readonly servers: Servers;
  readonly database: BenchDatabase;
  readonly world: World;
  readonly processes: 'one' | 'each';
  readonly topicPrefix: string;
  readonly directory: string;
  readonly deadlineSeconds: number;
}

/**
 * Closes the month with the real services over HTTP and Kafka, from the request to the last payout's request with all books
 * written. Throws when an equation of the books shows a difference, a message was parked, or the deadline passes.
 */
export async function closeByServices(options: CloseOptions): Promise<ServicesClose> {
  const { servers, database, world } = options;
  const services = await startServices(options);
  try {
    const before = useByProcess(servers, services);
    const startedAt = performance.now();
    const startedAtMs = performance.timeOrigin + startedAt;
    await askForClose(servers, services, world);
    await whenRequested(options);
    const seconds = (performance.now() - startedAt) / 1_000;
    const use = useBetween(before, useByProcess(servers, services));
    await assertBooksBalance(database, world);
    return { seconds, steps: await readSteps(database, world, startedAtMs), use };
  } finally {
    await services.stop();
  }
}

async function askForClose({ keys }: Servers, services: Services, { month }: World): Promise<void> {
  const token = await keys.sign({ sub: 'bench', roles: ['admin'], expiresInSeconds: 600 });
  const answer = await fetch(`${services.url('allocations')}/v1/months/${month}/close`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  });
  if (!answer.ok) throw new Error(`the close is refused: ${await answer.text()}`);
}

const pollMs = 50;

async function whenRequested({ database, world, deadlineSeconds }: CloseOptions): Promise<void> {
  const endsAt = performance.now() + deadlineSeconds * 1_000;
  await database.asSuperuser(async (client) => {
    for (;;) {
      const { rows } = await client.query<{ step: string; state: string; done: number; expected: number }>(
        'select step, state, done::float8, expected::float8 from monitoring.step_progress where run_id = $1',
        [runOf(world).runId],
      );
      const isDone = (step: string) => rows.some((row) => row.step === step && row.state === 'done');
      if (measuredSteps.every(isDone)) return;
      if (performance.now() > endsAt) throw new Error(`the close takes too long: ${JSON.stringify(rows)}`);
      await delay(pollMs);
    }
  });
}

async function readSteps(database: BenchDatabase, world: World, startedAtMs: number): Promise<StepTimes[]> {
  const after = (at: Date) => (at.getTime() - startedAtMs) / 1_000;
  return database.asSuperuser(async (client) => {
    const { rows } = await client.query<{ step: CloseStep; started_at: Date; changed_at: Date }>(
      `select step, started_at, changed_at from monitoring.step_progress where run_id = $1 and step = any($2)
       order by changed_at`,
      [runOf(world).runId, measuredSteps],
    );
    return rows.map((row) => ({
      step: row.step,
      beginSeconds: after(row.started_at),
      endSeconds: after(row.changed_at),
    }));
  });
}

const BooksSchema = z.array(
  z.object({ service: z.string(), equations: z.array(z.object({ name: z.string(), differenceCents: z.int() })) }),
);

/** B5: each service's last check of its books shows no difference, and no message was put aside. */
async function assertBooksBalance(database: BenchDatabase, world: World): Promise<void> {
  await database.asSuperuser(async (client) => {
    const { rows } = await client.query('select service, equations from monitoring.books where run_key = $1', [
      runOf(world).runId,
    ]);
    const books = BooksSchema.parse(rows);
    const differences = books.flatMap(({ service, equations }) =>
      equations.flatMap(({ name, differenceCents }) =>
        differenceCents === 0 ? [] : [`${service}: ${name}: ${differenceCents} ¢`],
      ),
    );
    const isComplete = new Set(books.map(({ service }) => service)).size === 4;
    if (!isComplete || differences.length > 0) {
      throw new Error(`the books of ${books.length} services do not balance: ${differences.join('; ')}`);
    }
    for (const schema of ['allocations', 'billing', 'earnings', 'payouts', 'monitoring']) {
      const parked = await client.query(`select reason from ${schema}.parked_message limit 1`);
      if (parked.rowCount !== 0) throw new Error(`${schema} has parked a message: ${JSON.stringify(parked.rows)}`);
    }
  });
}

function useByProcess(servers: Servers, services: Services): Record<string, ProcessUse> {
  const ofServices = Object.entries(services.pids).map(([name, pid]) => [name, useOf(pid)] as const);
  const kafka = servers.kafka === null ? [] : [['kafka', useOf(servers.kafka.pid)] as const];
  return Object.fromEntries([...ofServices, ...kafka, ['postgres', useOfFamily(servers.postgresPid)] as const]);
}

function useBetween(before: Record<string, ProcessUse>, after: Record<string, ProcessUse>): Record<string, ProcessUse> {
  return Object.fromEntries(
    Object.entries(after).map(([name, { cpuSeconds, peakMiB }]) => [
      name,
      { cpuSeconds: cpuSeconds - (before[name]?.cpuSeconds ?? 0), peakMiB },
    ]),
  );
}
