import type { ServiceDefinition } from '@wewrite/service-kit';
import { type Config, environment } from './config.ts';
import type { Schema } from './db.ts';
import { hearings } from './events.ts';
import { listParked } from './list-parked.ts';
import { orderAboutParked } from './order-about-parked.ts';
import { readMonthProgress } from './read-month-progress.ts';
import { readParked } from './read-parked.ts';
import { readRehearsal } from './read-rehearsal.ts';

/** The service that watches the others. */
export const monitoring: ServiceDefinition<Config, Schema> = {
  name: 'monitoring',
  version: '0.1.0',
  environment,
  migrations: [{ name: 'monitoring', directory: new URL('../migrations/', import.meta.url) }],
  create: (context) => ({
    hearings: hearings(context),
    routes: (server) => {
      readMonthProgress(server, context);
      readRehearsal(server, context);
      listParked(server, context);
      readParked(server, context);
      orderAboutParked(server, context);
    },
  }),
};
