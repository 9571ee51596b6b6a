import { chmodSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose';
import { z } from 'zod';
import { refuseInProduction } from './config.ts';

/** Issuer and audience of every development token. */
export const developmentIssuer = 'wewrite-development';
export const developmentAudience = 'wewrite';

const privateKeySchema = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  kid: z.string(),
  x: z.string(),
  d: z.string(),
});
type PrivateKey = z.infer<typeof privateKeySchema>;

/** Keys that sign tokens for the demo and for tests. */
export interface DevelopmentKeys {
  /** For the services' `JWKS_FILE`: holds the public key only. */
  readonly jwksFile: string;
  /** A signed token for the user `sub` (EdDSA, JWT). */
  sign(claims: { sub: string; roles: readonly string[]; expiresInSeconds: number }): Promise<string>;
}

/** The key pair kept in the directory, made when there is none; the private half is readable by its owner only. */
export async function developmentKeys(directory: string): Promise<DevelopmentKeys> {
  refuseInProduction('A key pair that was made for development');
  const place = resolve(directory);
  mkdirSync(place, { recursive: true, mode: 0o700 });
  const key = readPrivateKey(place) ?? (await makePrivateKey(place));
  const jwksFile = join(place, 'jwks.json');
  writePublicKey(jwksFile, key);
  const privateKey = await importJWK(key, 'EdDSA');
  return {
    jwksFile,
    sign: ({ sub, roles, expiresInSeconds }) =>
      new SignJWT({ roles: [...roles] })
        .setProtectedHeader({ alg: 'EdDSA', kid: key.kid, typ: 'JWT' })
        .setSubject(sub)
        .setIssuer(developmentIssuer)
        .setAudience(developmentAudience)
        .setIssuedAt()
        .setExpirationTime(`${expiresInSeconds}s`)
        .sign(privateKey),
  };
}

const privateFileOf = (directory: string) => join(directory, 'private.json');

function readPrivateKey(directory: string): PrivateKey | null {
  let text: string;
  try {
    text = readFileSync(privateFileOf(directory), 'utf8');
  } catch {
    return null;
  }
  chmodSync(privateFileOf(directory), 0o600);
  return privateKeySchema.parse(JSON.parse(text));
}

/** Of two processes that make a key at once, the one that links its file first wins, and both use that key. */
async function makePrivateKey(directory: string): Promise<PrivateKey> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const jwk = await exportJWK(privateKey);
  const made = privateKeySchema.parse({ ...jwk, kid: await calculateJwkThumbprint(jwk) });
  const unfinished = `${privateFileOf(directory)}.${process.pid}`;
  writeFileSync(unfinished, JSON.stringify(made), { mode: 0o600 });
  try {
    linkSync(unfinished, privateFileOf(directory));
  } catch {
    const others = readPrivateKey(directory);
    if (others !== null) return others;
    throw new Error(`No key can be kept in ${directory}.`);
  } finally {
    rmSync(unfinished, { force: true });
  }
  return made;
}

function writePublicKey(jwksFile: string, { d: _secret, ...publicKey }: PrivateKey): void {
  const unfinished = `${jwksFile}.${process.pid}`;
  writeFileSync(unfinished, JSON.stringify({ keys: [{ ...publicKey, alg: 'EdDSA', use: 'sig' }] }, null, 2));
  renameSync(unfinished, jwksFile);
}
