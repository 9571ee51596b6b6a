import { test } from '@jest/globals';
import { kafkaBroker } from './kafkajs-broker.ts';
import { describeBroker } from './tests/conformance.ts';
import { kafkaForTests } from './tests/kafka-for-tests.ts';

const kafka = await kafkaForTests();

if (kafka) {
  describeBroker('Kafka by kafkajs', () => kafkaBroker({ brokers: kafka.brokers, clientId: 'conformance' }));
} else {
  // The local stack prints why.
  test.skip('Kafka by kafkajs: no broker to be had, neither by KAFKA_BROKERS nor by Java and Maven', () => undefined);
}
