import { booksChecked, earningsCalculated, type MessageOf, messageParked, monthProgress } from '@wewrite/contracts';
import { type Hearing, hears, type Received } from '@wewrite/service-kit';
import type { Transaction } from 'kysely';
import type { Context, Schema } from './db.ts';
import { takeBooks } from './take-books.ts';
import { takeEarnings } from './take-earnings.ts';
import { takeParked } from './take-parked.ts';
import { takeProgress } from './take-progress.ts';

/** What monitoring hears. */
export function hearings(context: Context): readonly Hearing<Schema>[] {
  const progress = (tx: Transaction<Schema>, messages: readonly Received<MessageOf<typeof monthProgress>>[]) =>
    takeProgress(context, tx, messages);
  return [
    hears(monthProgress, progress, { rehearse: progress }),
    hears(earningsCalculated, takeEarnings, { rehearse: takeEarnings }),
    hears<Schema, typeof booksChecked>(booksChecked, (tx, messages) => takeBooks(context, tx, messages)),
    hears(messageParked, takeParked),
  ];
}
