import { createHmac } from 'node:crypto';

/** What a writer sees instead of ids of lines and supporters (C4). */
export interface LineKeys {
  /** 64 hex digits: the HMAC-SHA256 of the line id. */
  lineKey(lineId: string): string;
  /** The same supporter has the same pseudonym with one writer, in every month, and another with each writer. */
  pseudonym(supporter: { userId: string; recipientUserId: string }): string;
  /** The key by which a run's lines are put in an order that tells nothing of their ids. */
  orderKey(runId: string): string;
}

export function lineKeys(secret: string): LineKeys {
  const hmac = (text: string) => createHmac('sha256', secret).update(text).digest('hex');
  return {
    lineKey: (lineId) => hmac(lineId),
    // JSON cannot be mistaken for a line id, which ends with a month.
    pseudonym: ({ userId, recipientUserId }) =>
      `supporter-${hmac(JSON.stringify([recipientUserId, userId])).slice(0, 16)}`,
    orderKey: (runId) => hmac(JSON.stringify(['order', runId])),
  };
}
