import { setTimeout as delay } from 'node:timers/promises';
import {
  type ParkedMessage,
  ParkedMessageSchema,
  ParkedPageSchema,
  type ServiceName,
  type Topic,
} from '@wewrite/contracts';
import { Client } from 'pg';
import { apiAt, pathOf } from '../apps/cli/src/demo/api.ts';
import type { MonthStory } from './month-story.ts';

/** What an operator can see and do about a story's parked messages. A test's own deadline ends each waiting. */
export interface OperatorsDesk {
  list(): Promise<readonly ParkedMessage[]>;
  /** Waits until a service has parked a message of the topic for this reason. */
  parkedFor(service: ServiceName, topic: Topic, reason: string): Promise<ParkedMessage>;
  /** Gives an order, and waits for the answer. */
  order(parked: ParkedMessage, order: 'replay' | 'drop'): Promise<ParkedMessage>;
}

const lookEveryMs = 20;

/** The operator's API of a story's monitoring. */
export async function operatorsDesk({ harness }: MonthStory): Promise<OperatorsDesk> {
  const api = apiAt(harness.url('monitoring'));
  const token = await harness.token({ sub: 'olga', roles: ['admin'] });
  const list = async () => {
    const path = '/v1/parked?limit=1000';
    return (await api.ask({ method: 'GET', path, token, answer: ParkedPageSchema })).messages;
  };
  return {
    list,
    parkedFor: async (service, topic, reason) => {
      for (;;) {
        const messages = await list();
        const found = messages.find(
          (one) => one.service === service && one.topic === topic.name && one.reason.includes(reason),
        );
        if (found !== undefined) return found;
        await delay(lookEveryMs);
      }
    },
    order: async ({ id }, order) => {
      const body = { reason: 'the cause is mended' };
      await api.ask({ method: 'POST', path: pathOf('parked', id, order), token, body, answer: ParkedMessageSchema });
      for (;;) {
        const path = pathOf('parked', id);
        const now = await api.ask({ method: 'GET', path, token, answer: ParkedMessageSchema });
        if (now.lastOrder?.answered === true) return now;
        await delay(lookEveryMs);
      }
    },
  };
}

/** Has the owner of a service's schema change it while the service runs. */
export async function changeSchema({ harness }: MonthStory, service: ServiceName, change: string): Promise<void> {
  const client = new Client({ connectionString: harness.ownerUrl(service), application_name: 'test' });
  await client.connect();
  try {
    await client.query(change);
  } finally {
    await client.end();
  }
}
