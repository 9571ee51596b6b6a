import { runMain } from '@wewrite/service-kit';
import { billing } from './app.ts';

await runMain(billing);
