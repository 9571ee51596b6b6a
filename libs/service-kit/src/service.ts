import type { ServiceName } from '@wewrite/contracts';
import type { z } from 'zod';
import type { Clock } from './clock.ts';
import type { KitConfig } from './config.ts';
import type { Database } from './database.ts';
import type { Server } from './http/server.ts';
import type { Ids } from './ids.ts';
import type { InParallel } from './in-parallel.ts';
import type { Hearing } from './inbox.ts';
import type { Log } from './log.ts';
import type { Loop } from './loop.ts';
import type { MigrationSource } from './migrate.ts';
import type { Outbox } from './outbox.ts';
import type { LoadBlobs } from './relay.ts';
import type { Schedule } from './schedule.ts';
import type { TechnicalTime } from './technical-time.ts';
import type { Telemetry } from './telemetry.ts';

/** What the kit gives to a service. */
export interface ServiceContext<Config extends KitConfig, Schema> {
  readonly config: Config;
  readonly database: Database<Schema>;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly time: TechnicalTime;
  readonly ids: Ids;
  readonly telemetry: Telemetry;
  readonly log: Log;
  /** How calls that do not depend on each other are made. */
  readonly inParallel: InParallel;
  /** Makes a loop look for work now; call it after the commit (`afterCommit`). */
  wake(loopName: string): void;
}

/** What a service is made of. Everything but the routes is optional. */
export interface ServiceParts<Schema> {
  readonly routes: (server: Server) => void | Promise<void>;
  readonly hearings?: readonly Hearing<Schema>[];
  readonly loops?: readonly Loop[];
  readonly schedules?: readonly Schedule[];
  readonly loadBlobs?: LoadBlobs;
  /** Checks what must hold before anything starts (e.g. an account at Stripe); a throw ends the start. */
  readonly beforeStart?: () => Promise<void>;
}

/** A service that owns a schema: everything that `runService` needs to run it. */
export interface ServiceDefinition<Config extends KitConfig, Schema> {
  readonly name: ServiceName;
  readonly version: string;
  readonly environment: z.ZodType<Config>;
  /** Its own migrations; the kit's come first. */
  readonly migrations: readonly MigrationSource[];
  readonly create: (context: ServiceContext<Config, Schema>) => ServiceParts<Schema>;
}

/** A service that runs. */
export interface RunningService {
  readonly name: string;
  readonly url: string;
  readonly adminUrl: string;
  /** Resolves when the service cannot go on by itself and should be started again. */
  readonly crashed: Promise<Error>;
  /** Drains and stops: no new requests, batches and steps in hand done. */
  stop(): Promise<void>;
}
