import { z } from 'zod';

const stack = z.object({ testKafka: z.custom<() => Promise<unknown>>((value) => typeof value === 'function') });
const answer = z.object({ brokers: z.array(z.string()).min(1) }).nullable();

// Named by a variable: the kit does not depend on the local stack, which depends on the kit.
const localStack: string = '@wewrite/local-stack/testing';

/** The Kafka that all tests of a run share (`KAFKA_BROKERS`, else the local stack's); null where there can be none. */
export async function kafkaForTests(): Promise<{ brokers: string[] } | null> {
  const { testKafka } = stack.parse(await import(localStack));
  return answer.parse(await testKafka());
}
