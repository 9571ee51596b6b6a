export type { BatchOutcome, Broker, Consumer, IncomingRecord, OutgoingRecord, Subscription } from './broker.ts';
export { kafkaBroker } from './kafkajs-broker.ts';
export type { BrokerLog } from './log.ts';
export { memoryBroker } from './memory-broker.ts';
export { partitionOf } from './murmur2.ts';
