import type { RunningSandbox } from '@wewrite/local-stack/sandbox';
import type { Faults } from './faults.ts';
import type { Chance } from './population/chance.ts';
import type { Source } from './scheduler.ts';
import { earlier, type SimulatedTime } from './simulated-time.ts';

/** So many of the deliveries that wait take part in the choice of what happens next. */
const atOnce = 4;

/** The webhooks of a sandbox, delivered in any order, at times twice. */
export function simulatedWebhooks(parts: {
  webhooks: RunningSandbox['webhooks'];
  time: SimulatedTime;
  faults: Faults;
  chance: Chance;
  /** Told of each type of event that was delivered. */
  onDelivered: (type: string) => void;
}): Source {
  const { webhooks, time, faults, chance, onDelivered } = parts;
  const waiting = () => webhooks.waiting();
  const deliverOne = async () => {
    const { id } = chance.pick(waiting().filter(({ notBeforeMs }) => notBeforeMs <= time.nowMs()));
    const again = faults.draw('webhook_doubled');
    const { type, isTaken } = await webhooks.deliver(id, { again });
    if (isTaken) onDelivered(type);
    return `${type} ${isTaken ? 'taken' : 'not taken'}${again ? ', and comes again' : ''}`;
  };
  return {
    steps: () => {
      const ready = waiting().filter(({ notBeforeMs }) => notBeforeMs <= time.nowMs()).length;
      return Array.from({ length: Math.min(ready, atOnce) }, () => ({ name: 'webhook', run: deliverOne }));
    },
    nextMs: () =>
      waiting().reduce<number | null>(
        (next, { notBeforeMs }) => (notBeforeMs > time.nowMs() ? earlier(next, notBeforeMs) : next),
        null,
      ),
    outstanding: async () => {
      const count = waiting().length;
      return count === 0 ? [] : [`${count} webhooks`];
    },
  };
}

/** What the present instant has made due at Stripe: money that arrives at once, refunds that fail, disputes. */
export function dueWorkAtStripe({ dueWork }: Pick<RunningSandbox, 'dueWork'>): Source {
  const take = async () => {
    await dueWork.take();
    return 'taken';
  };
  return {
    steps: () => (dueWork.count() === 0 ? [] : [{ name: 'due work at Stripe', run: take }]),
    nextMs: () => null,
    outstanding: async () => [],
  };
}
