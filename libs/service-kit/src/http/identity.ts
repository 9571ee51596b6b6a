import { readFile } from 'node:fs/promises';
import { type UserId, UserIdSchema } from '@wewrite/contracts';
import { createLocalJWKSet, createRemoteJWKSet, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import type { ServerConfig } from '../config.ts';
import { Refusal } from '../refusal.ts';

/** The roles that a token can carry. */
export const roles = ['supporter', 'writer', 'admin', 'service'] as const;
/** One of them. */
export type Role = (typeof roles)[number];

/** Who asks: the token's subject and roles. */
export interface Identity {
  readonly userId: UserId;
  readonly roles: ReadonlySet<Role>;
}

/** Verifies the `Authorization: Bearer` header. Throws a Refusal `unauthenticated` that says nothing of why. */
export type VerifyToken = (authorization: string | undefined) => Promise<Identity>;

const ClaimsSchema = z.looseObject({ sub: UserIdSchema, roles: z.array(z.string()).default([]) });
const JwksSchema = z.looseObject({ keys: z.array(z.looseObject({ kty: z.string() })) });

/** Tokens are JWTs signed RS256 or EdDSA with a key of the configured set. */
export async function tokenVerifier(
  config: Pick<ServerConfig, 'JWKS_FILE' | 'JWKS_URL' | 'JWT_ISSUER' | 'JWT_AUDIENCE'>,
): Promise<VerifyToken> {
  const keys = await keySet(config);
  const expectations = {
    algorithms: ['RS256', 'EdDSA'],
    requiredClaims: ['sub', 'exp'],
    ...(config.JWT_ISSUER === undefined ? {} : { issuer: config.JWT_ISSUER }),
    ...(config.JWT_AUDIENCE === undefined ? {} : { audience: config.JWT_AUDIENCE }),
  };
  return async (authorization) => {
    const token = /^Bearer ([\w.-]+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) throw unauthenticated();
    const claims = await jwtVerify(token, keys, expectations).then(
      ({ payload }) => ClaimsSchema.safeParse(payload),
      () => undefined,
    );
    if (claims?.success !== true) throw unauthenticated();
    const known = new Set<string>(roles);
    return {
      userId: claims.data.sub,
      roles: new Set(claims.data.roles.filter((role): role is Role => known.has(role))),
    };
  };
}

async function keySet(config: Pick<ServerConfig, 'JWKS_FILE' | 'JWKS_URL'>): Promise<JWTVerifyGetKey> {
  if (config.JWKS_URL !== undefined) return createRemoteJWKSet(new URL(config.JWKS_URL));
  const text = await readFile(config.JWKS_FILE ?? '', 'utf8');
  return createLocalJWKSet(JwksSchema.parse(JSON.parse(text)));
}

function unauthenticated(): Refusal {
  return new Refusal('unauthenticated', 'Send a valid token: Authorization: Bearer <JWT>.');
}
