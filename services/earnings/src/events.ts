import { monthLocked } from '@wewrite/contracts';
import { type Hearing, hears } from '@wewrite/service-kit';
import type { Context, Schema } from './db.ts';
import { storeLocked } from './store-chunks.ts';

/** What the service hears. What it says is built in `say-earnings.ts`. */
export function hearingsOf(context: Context): Hearing<Schema>[] {
  return [
    hears(monthLocked, (tx, messages) =>
      storeLocked(
        context,
        tx,
        messages.map((message) => message.body),
      ),
    ),
  ];
}
