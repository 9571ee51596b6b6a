import { createHash, createHmac } from 'node:crypto';

/** What a writer sees instead of ids of lines and supporters (C4). */
export interface LineKeys {
  /** 64 hex digits: the HMAC-SHA256 of the line id. */
  lineKey(lineId: string): string;
  /** For SQL, which has no HMAC: the key of a text is sha256(outer || sha256(inner || text)), as RFC 2104 has it. */
  readonly pads: { readonly inner: Buffer; readonly outer: Buffer };
  /** The same supporter has the same pseudonym with one writer, in every month, and another with each writer. */
  pseudonym(supporter: { userId: string; recipientUserId: string }): string;
  /** The key by which a run's lines are put in an order that tells nothing of their ids. */
  orderKey(runId: string): string;
}

export function lineKeys(secret: string): LineKeys {
  const hmac = (text: string) => createHmac('sha256', secret).update(text).digest('hex');
  return {
    lineKey: (lineId) => hmac(lineId),
    pads: { inner: padOf(secret, 0x36), outer: padOf(secret, 0x5c) },
    // JSON cannot be mistaken for a line id, which ends with a month.
    pseudonym: ({ userId, recipientUserId }) =>
      `supporter-${hmac(JSON.stringify([recipientUserId, userId])).slice(0, 16)}`,
    orderKey: (runId) => hmac(JSON.stringify(['order', runId])),
  };
}

const blockBytes = 64;

function padOf(secret: string, mask: number): Buffer {
  const bytes = Buffer.from(secret);
  const key = bytes.length > blockBytes ? createHash('sha256').update(bytes).digest() : bytes;
  return Buffer.from(Buffer.concat([key], blockBytes).map((byte) => byte ^ mask));
}
