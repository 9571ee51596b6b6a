import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { developmentKeys } from './keys.ts';

/** Keys and tokens for one test file. */
export async function testKeys() {
  const directory = await mkdtemp(join(tmpdir(), 'wewrite-test-keys-'));
  const keys = await developmentKeys(directory);
  return {
    jwksFile: keys.jwksFile,
    sign: (claims: { sub: string; roles: readonly string[] }) => keys.sign({ ...claims, expiresInSeconds: 3_600 }),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
