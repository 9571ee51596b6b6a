import { announceTestStack } from './config.ts';
import { startTestStack } from './test-stack.ts';

/** Jest's `globalSetup`: runs once, in Jest's main process, before its workers are forked. Starts no server yet. */
export default async function setUp(): Promise<void> {
  announceTestStack((await startTestStack()).url);
}
