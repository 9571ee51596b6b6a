import { type RawBuilder, sql } from 'kysely';

/** Accounts whose id begins with `prefix` and, where given, ends with `suffix` (`supporter_funds:` … `:2026-11`). */
export interface AccountFilter {
  readonly prefix: string;
  readonly suffix?: string;
}

/** The condition on `account_id`; the prefix is found by index. */
export function idMatches({ prefix, suffix = '' }: AccountFilter): RawBuilder<boolean> {
  return sql`(account_id ^@ ${prefix} and right(account_id, length(${suffix}::text)) = ${suffix})`;
}
