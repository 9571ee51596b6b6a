export { dockerPresent, imagePresent, type Present } from './docker.ts';
export { type DockerKafka, type DockerKafkaOptions, defaultKafkaImage, startDockerKafka } from './kafka-docker.ts';
export { javaAndMavenPresent } from './kafka-jars.ts';
export { type JvmKafka, type JvmKafkaOptions, startJvmKafka } from './kafka-jvm.ts';
export { type DevelopmentKeys, developmentAudience, developmentIssuer, developmentKeys } from './keys.ts';
export { type MovedTime, movedTime } from './moved-time.ts';
export { freePort } from './ports.ts';
export { type EmbeddedPostgres, type EmbeddedPostgresOptions, startEmbeddedPostgres } from './postgres.ts';
export { type Child, type ChildExit, type ChildOptions, startChild } from './process.ts';
export { endRecordedProcess } from './process-record.ts';
export {
  type DatabaseUrls,
  databaseIsEmpty,
  dropSchemas,
  type ProvisionOptions,
  provisionDatabase,
} from './provision.ts';
export { until } from './until.ts';
