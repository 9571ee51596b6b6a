import { runMain } from '@wewrite/service-kit';
import { payouts } from './app.ts';

await runMain(payouts);
