import { announceTestStack, readTestEnvironment } from './config.ts';
import { askToStop } from './test-stack.ts';

/** Jest's `globalTeardown`: ends the servers that tests have asked for. */
export default async function tearDown(): Promise<void> {
  const { testStackUrl } = readTestEnvironment();
  if (testStackUrl !== null) await askToStop(testStackUrl);
  announceTestStack(null);
}
