import type { ServiceDefinition } from '@wewrite/service-kit';
import { applyFunding } from './apply-funding.ts';
import { changeAllocations } from './change-allocations.ts';
import { type Config, environment } from './config.ts';
import type { Schema } from './db.ts';
import { freeLaterMonths } from './free-later-months.ts';
import { importPlan } from './import-plan.ts';
import { keepPreferences } from './keep-preferences.ts';
import { keepSchedules } from './keep-schedules.ts';
import { loadChunks } from './load-chunks.ts';
import { lockMonthLoop } from './lock-month.ts';
import { listDuplicates, mergeDuplicates } from './merge-duplicates.ts';
import { readClose } from './read-close.ts';
import { readCurrentMonth } from './read-current-month.ts';
import { readHistory } from './read-history.ts';
import { readAllocation, readAllocations } from './read-plan.ts';
import { readSupport } from './read-support.ts';
import { readResource, registerResource } from './register-resource.ts';
import { setAllocation } from './set-allocation.ts';
import { setWriterState } from './set-writer-state.ts';
import { closeSchedule, startCloseByRequest } from './start-close.ts';
import { rehearsalSchedule } from './start-rehearsal.ts';
import { streamAllocations } from './stream-allocations.ts';
import { tellSupportersLoop } from './tell-supporters.ts';
import { turnPlansLoop } from './turn-plans.ts';
import { undoChange } from './undo-change.ts';

/** Plans, their history, and the lock of a month: what supporters wish, and what becomes of it at the cutoff. */
export const allocations: ServiceDefinition<Config, Schema> = {
  name: 'allocations',
  version: '0.1.0',
  environment,
  migrations: [{ name: 'allocations', directory: new URL('../migrations/', import.meta.url) }],
  create: (context) => ({
    routes: (server) => {
      readAllocations(server, context);
      readHistory(server, context);
      streamAllocations(server, context);
      readAllocation(server, context);
      setAllocation(server, context);
      changeAllocations(server, context);
      undoChange(server, context);
      readCurrentMonth(server, context);
      startCloseByRequest(server, context);
      readClose(server, context);
      registerResource(server, context);
      readResource(server, context);
      readSupport(server, context);
      setWriterState(server, context);
      keepPreferences(server, context);
      keepSchedules(server, context);
      importPlan(server, context);
      listDuplicates(server, context);
      mergeDuplicates(server, context);
    },
    hearings: [applyFunding(context), ...freeLaterMonths(context)],
    loops: [
      turnPlansLoop(context),
      tellSupportersLoop(context),
      lockMonthLoop(context, 'close'),
      lockMonthLoop(context, 'rehearsal'),
    ],
    schedules: [closeSchedule(context), rehearsalSchedule(context)],
    loadBlobs: (blobIds) => loadChunks(context.database, blobIds),
  }),
};
