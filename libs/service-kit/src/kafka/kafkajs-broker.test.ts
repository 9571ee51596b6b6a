import { test } from '@jest/globals';
import { kafkaBroker } from './kafkajs-broker.ts';
import { describeBroker } from './tests/conformance.ts';
import { kafkaForTests } from './tests/kafka-for-tests.ts';

const kafka = await kafkaForTests();

if (kafka.brokers === null) {
  console.warn(`Kafka is not tested: ${kafka.reason}`);
  test.skip(`Kafka is not tested: ${kafka.reason}`, () => undefined);
} else {
  const { brokers } = kafka;
  describeBroker('Kafka by kafkajs', () => kafkaBroker({ brokers, clientId: 'conformance' }));
}
