import { runMain } from '@wewrite/service-kit';
import { monitoring } from './app.ts';

await runMain(monitoring);
