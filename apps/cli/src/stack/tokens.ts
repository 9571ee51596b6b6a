import type { DevelopmentKeys } from '@wewrite/local-stack';

/** Tokens to speak to the APIs with. */
export interface Tokens {
  readonly admin: string;
  readonly service: string;
  /** By user id. */
  readonly users: Readonly<Record<string, string>>;
}

/** A user of the stack and what the user may do. */
export interface TokenHolder {
  readonly userId: string;
  readonly roles: readonly ('supporter' | 'writer')[];
}

const lifetimeSeconds = 30 * 24 * 60 * 60;

/** Signs a token for an administrator, for the site, and for each user. */
export async function signTokens(keys: DevelopmentKeys, holders: readonly TokenHolder[]): Promise<Tokens> {
  const sign = (sub: string, roles: readonly string[]) => keys.sign({ sub, roles, expiresInSeconds: lifetimeSeconds });
  // Without a prototype, since a user may be called like one of its members.
  const users: Record<string, string> = Object.create(null);
  for (const { userId, roles } of holders) users[userId] = await sign(userId, roles);
  return { admin: await sign('wewrite-admin', ['admin']), service: await sign('wewrite-site', ['service']), users };
}
