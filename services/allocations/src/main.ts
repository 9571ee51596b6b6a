import { runMain } from '@wewrite/service-kit';
import { allocations } from './app.ts';

await runMain(allocations);
