import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import { z } from 'zod';

/** Who a development token stands for, and how long. */
export interface DevelopmentClaims {
  readonly sub: string;
  readonly roles: readonly string[];
  readonly expiresInSeconds: number;
}

export interface DevelopmentKeys {
  /** The public keys, for the services' `JWKS_FILE`. */
  readonly jwksFile: string;
  sign(claims: DevelopmentClaims): Promise<string>;
}

/** The issuer and audience of development tokens. */
export const developmentIssuer = 'wewrite-development';
export const developmentAudience = 'wewrite';

const algorithm = 'EdDSA';
const PrivateKeySchema = z.looseObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), kid: z.string() });

/** An Ed25519 key pair for tokens of a development stack, kept in the directory; made at the first call. */
export async function developmentKeys(directory: string): Promise<DevelopmentKeys> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const privateJwk = await readOrMakeKey(join(directory, 'private.jwk.json'));
  const jwksFile = join(directory, 'jwks.json');
  const { d: _secret, ...publicJwk } = privateJwk;
  await writeFile(jwksFile, JSON.stringify({ keys: [{ ...publicJwk, alg: algorithm, use: 'sig' }] }));
  const privateKey = await importJWK(privateJwk, algorithm);
  const kid = String(privateJwk.kid);
  return {
    jwksFile,
    sign: ({ sub, roles, expiresInSeconds }) =>
      new SignJWT({ roles: [...roles] })
        .setProtectedHeader({ alg: algorithm, kid })
        .setSubject(sub)
        .setIssuer(developmentIssuer)
        .setAudience(developmentAudience)
        .setIssuedAt()
        .setExpirationTime(`${expiresInSeconds}s`)
        .sign(privateKey),
  };
}

async function readOrMakeKey(file: string): Promise<JWK> {
  const stored = await readFile(file, 'utf8').catch(() => null);
  if (stored !== null) return PrivateKeySchema.parse(JSON.parse(stored)) as JWK;
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), kid: crypto.randomUUID() };
  await writeFile(file, JSON.stringify(jwk), { mode: 0o600, flag: 'wx' });
  return jwk;
}
