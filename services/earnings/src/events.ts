import { type MessageOf, monthLocked } from '@wewrite/contracts';
import { type Hearing, hears, type Received } from '@wewrite/service-kit';
import type { Context, Schema, Tx } from './db.ts';
import { storeLocked } from './store-chunks.ts';

/** What the service hears. What it says is built in `say-earnings.ts`. */
export function hearingsOf(context: Context): Hearing<Schema>[] {
  const store = (tx: Tx, messages: readonly Received<MessageOf<typeof monthLocked>>[]) =>
    storeLocked(
      context,
      tx,
      messages.map((message) => message.body),
    );
  return [hears(monthLocked, store, { rehearse: store })];
}
