import type { Broker } from './kafka/index.ts';

/** A view of a broker that several services share: a service that stops does not close it for the others. */
export function sharedBroker(broker: Broker): Broker {
  return { ...broker, close: async () => undefined };
}
