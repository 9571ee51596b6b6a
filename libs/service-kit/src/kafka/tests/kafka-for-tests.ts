import { z } from 'zod';

const started = z.object({ brokers: z.array(z.string()).min(1) }).nullable();
const starter = z.object({ testKafka: z.custom<() => Promise<unknown>>((value) => typeof value === 'function') });

// Named by a variable: the kit does not depend on the local stack, which depends on the kit.
const localStack: string = '@wewrite/local-stack/testing';

/** The brokers of `KAFKA_BROKERS`, else of the local stack's own Kafka, else null with the reason. */
export async function kafkaForTests(): Promise<{ brokers: string[] } | { brokers: null; reason: string }> {
  const given = process.env.KAFKA_BROKERS;
  if (given) return { brokers: given.split(',') };
  try {
    const { testKafka } = starter.parse(await import(localStack));
    const kafka = started.parse(await testKafka());
    return kafka ?? { brokers: null, reason: 'no KAFKA_BROKERS, and the local stack starts none here' };
  } catch (error) {
    return { brokers: null, reason: `no KAFKA_BROKERS, and the local stack's Kafka failed: ${String(error)}` };
  }
}
