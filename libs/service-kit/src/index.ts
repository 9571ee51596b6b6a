export { createAdminServer } from './admin.ts';
export * from './clock.ts';
export * from './completion.ts';
export {
  ConfigError,
  type KitConfig,
  kitEnvironment,
  parseEnvironment,
  type ServerConfig,
  serverEnvironment,
} from './config.ts';
export { afterCommit, type Database, openDatabase } from './database.ts';
export type { ServiceDescription } from './describe.ts';
export { type CsvRows, CsvSchema, csvHeaders, csvOf } from './http/csv.ts';
export { keepAnswer } from './http/idempotency.ts';
export * from './http/identity.ts';
export { sendProblem } from './http/problem.ts';
export { type Access, createServer, identityOf, listen, problemResponses, type Server } from './http/server.ts';
export type { IdleReport } from './idle-report.ts';
export * from './ids.ts';
export * from './in-parallel.ts';
export { type Hearing, hears } from './inbox.ts';
export * from './kafka/index.ts';
export { holdingLease, leaseEnd } from './lease.ts';
export * from './log.ts';
export { type Driver, errorText, type Loop, type RunningLoop } from './loop.ts';
export { endingWithSignals, runMain } from './main.ts';
export { encodeBody, type Received, recordOf } from './message.ts';
export { createMetrics } from './metrics.ts';
export { kitMigrations, type MigrationSource, migrate, migrationsHash } from './migrate.ts';
export type { Outbox, Outgoing, OutgoingBlob } from './outbox.ts';
export { type OpenPool, openOwnPool, type Pool } from './pool.ts';
export * from './refusal.ts';
export { runService, type Surroundings } from './run.ts';
export * from './runnable.ts';
export type { Schedule } from './schedule.ts';
export * from './service.ts';
export { sharedBroker } from './shared-broker.ts';
export type { AroundStatement, Statement } from './statement.ts';
export { backoffMs, realTime, type TechnicalTime } from './technical-time.ts';
export * from './telemetry.ts';
export * from './transient.ts';
