import { type MessageOf, writerChanged } from '@wewrite/contracts';
import { type Harness, startHarness } from '@wewrite/local-stack/harness';
import { z } from 'zod';
import {
  type Database,
  hears,
  identityOf,
  type KitConfig,
  kitEnvironment,
  type Outbox,
  problemResponses,
  Refusal,
  runnable,
  type ServiceDefinition,
} from '../src/index.ts';

type WriterChanged = MessageOf<typeof writerChanged>;

/** The smallest service with every part of the kit, and what it saw. */
export interface KitHarness extends Harness {
  readonly ownUrl: string;
  readonly own: Database<unknown>;
  readonly outbox: Outbox;
  /** Messages whose effect has committed, in order. */
  readonly heard: WriterChanged[];
  /** Due instants of the daily schedule, in the order that they ran. */
  readonly scheduled: string[];
  /** Makes the next handlers fail as if Postgres were away. */
  failTransiently(times: number): void;
  /** Makes the handler digest poison from now on. */
  mend(): void;
}

/** Starts it as `payouts`: a name that owns a schema. */
export async function startKitService(): Promise<KitHarness> {
  const heard: WriterChanged[] = [];
  const scheduled: string[] = [];
  let failures = 0;
  let isMended = false;
  let outbox: Outbox | undefined;
  const definition: ServiceDefinition<KitConfig, unknown> = {
    name: 'payouts',
    version: '1.0.0',
    environment: kitEnvironment(0),
    migrations: [],
    create: (context) => {
      outbox = context.outbox;
      return {
        hearings: [
          hears(writerChanged, async (_, messages) => {
            if (failures-- > 0) throw Object.assign(new Error('server closed the connection'), { code: '57P01' });
            if (!isMended && messages.some((message) => message.body.userId === 'poison'))
              throw new Error('poison cannot be digested');
            heard.push(...messages.map((message) => message.body));
          }),
        ],
        schedules: [
          {
            name: 'daily',
            cron: '0 0 * * *',
            catchUp: 'each',
            run: async (dueAt) => void scheduled.push(dueAt.toISOString()),
          },
        ],
        routes: (server) => {
          server.put(
            '/v1/echo/:id',
            {
              schema: {
                params: z.object({ id: z.string() }),
                body: z.strictObject({ cents: z.int() }),
                response: { 200: z.object({ userId: z.string() }), ...problemResponses },
              },
              config: { access: ['supporter'] },
            },
            async (request) => {
              if (request.body.cents === 12)
                throw new Refusal('self_support', 'Twelve is refused.', { field: 'cents' });
              return { userId: identityOf(request).userId };
            },
          );
        },
      };
    },
  };
  const harness = await startHarness({ services: [runnable(definition)], now: '2026-11-01T12:00:00.000Z' });
  if (outbox === undefined) throw new Error('the service was not created');
  return {
    ...harness,
    ownUrl: harness.url('payouts'),
    own: harness.database('payouts'),
    outbox,
    heard,
    scheduled,
    failTransiently: (times) => {
      failures = times;
    },
    mend: () => {
      isMended = true;
    },
  };
}
