import { runMain } from '@wewrite/service-kit';
import { earnings } from './app.ts';

await runMain(earnings);
