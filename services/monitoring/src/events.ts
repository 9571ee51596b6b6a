import { booksChecked, monthProgress } from '@wewrite/contracts';
import { type Hearing, hears } from '@wewrite/service-kit';
import type { Context, Schema } from './db.ts';
import { takeBooks } from './take-books.ts';
import { takeProgress } from './take-progress.ts';

/** What monitoring hears. */
export function hearings(context: Context): readonly Hearing<Schema>[] {
  return [
    hears<Schema, typeof monthProgress>(monthProgress, (tx, messages) => takeProgress(context, tx, messages)),
    hears<Schema, typeof booksChecked>(booksChecked, (tx, messages) => takeBooks(context, tx, messages)),
  ];
}
