import { setTimeout as delay } from 'node:timers/promises';
import {
  type ParkedMessage,
  ParkedMessageSchema,
  ParkedPageSchema,
  type ServiceName,
  type Topic,
} from '@wewrite/contracts';
import { Client } from 'pg';
import { apiAt } from '../apps/cli/src/demo/api.ts';
import type { MonthStory } from './month-story.ts';

/** What an operator can see and do about a story's parked messages. */
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
  const listed = async (state: string) => {
    const path = `/v1/parked?limit=1000&state=${state}`;
    return (await api.ask({ method: 'GET', path, token, answer: ParkedPageSchema })).messages;
  };
  /** A test's own deadline ends the waiting. */
  const seen = async (state: readonly string[], is: (message: ParkedMessage) => boolean) => {
    for (;;) {
      for (const each of state) {
        const found = (await listed(each)).find(is);
        if (found !== undefined) return found;
      }
      await delay(lookEveryMs);
    }
  };
  return {
    list: () => listed('parked'),
    parkedFor: (service, topic, reason) =>
      seen(['parked'], (one) => one.service === service && one.topic === topic.name && one.reason.includes(reason)),
    order: async ({ id }, order) => {
      const path = `/v1/parked/${id}/${order}`;
      const body = { reason: 'the cause is mended' };
      const { lastOrder } = await api.ask({ method: 'POST', path, token, body, answer: ParkedMessageSchema });
      const isAnswer = (one: ParkedMessage) =>
        one.lastOrder?.commandId === lastOrder?.commandId && one.lastOrder?.answered;
      return seen(['parked', 'replayed', 'dropped'], (one) => isAnswer(one) === true);
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
