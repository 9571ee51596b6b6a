import { createHash } from 'node:crypto';

/** One supporter of a month's funding, as both sides hash it. */
export interface FundedSupporter {
  readonly userId: string;
  readonly paidCents: number;
}

/**
 * The control hash of a month's funding: SHA-256, in hex, over `userId TAB paidCents LF` of each supporter with a paid
 * budget above 0. Feed supporters in order of user id by UTF-8 bytes.
 */
export function fundingHash(): { add(supporter: FundedSupporter): void; digest(): string } {
  const hash = createHash('sha256');
  return {
    add: (supporter) => void hash.update(`${supporter.userId}\t${supporter.paidCents}\n`),
    digest: () => hash.digest('hex'),
  };
}
