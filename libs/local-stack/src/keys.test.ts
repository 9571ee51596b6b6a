import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { developmentAudience, developmentIssuer, developmentKeys } from './keys.ts';

const directory = mkdtempSync(join(tmpdir(), 'wewrite-keys-test-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const verify = async (jwksFile: string, token: string) => {
  const keys = createLocalJWKSet(JSON.parse(readFileSync(jwksFile, 'utf8')));
  return jwtVerify(token, keys, { issuer: developmentIssuer, audience: developmentAudience, algorithms: ['EdDSA'] });
};

describe('development keys', () => {
  test('a token verifies with the public keys and carries user, roles and expiry', async () => {
    const { jwksFile, sign } = await developmentKeys(join(directory, 'one'));
    const token = await sign({ sub: 'ann', roles: ['supporter', 'writer'], expiresInSeconds: 60 });
    const { payload, protectedHeader } = await verify(jwksFile, token);
    expect(payload).toMatchObject({ sub: 'ann', roles: ['supporter', 'writer'] });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
    expect(protectedHeader.kid).toEqual(expect.any(String));
  });

  test('the private half is readable by its owner only and not in the public file', async () => {
    const { jwksFile } = await developmentKeys(join(directory, 'two'));
    expect(statSync(join(directory, 'two', 'private.json')).mode & 0o777).toBe(0o600);
    expect(Object.keys(JSON.parse(readFileSync(jwksFile, 'utf8')).keys[0])).not.toContain('d');
  });

  test('asked again, also at once, it is the same key; another directory has another', async () => {
    const keys = await Promise.all([1, 2, 3].map(() => developmentKeys(join(directory, 'three'))));
    const token = await keys[0]!.sign({ sub: 'ann', roles: [], expiresInSeconds: 60 });
    for (const { jwksFile } of keys) await verify(jwksFile, token);
    const other = await developmentKeys(join(directory, 'four'));
    await expect(verify(other.jwksFile, token)).rejects.toThrow();
  });
});
