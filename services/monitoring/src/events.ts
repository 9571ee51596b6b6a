import { booksChecked, monthProgress } from '@wewrite/contracts';
import { type Hearing, hears, type ServiceContext } from '@wewrite/service-kit';
import type { Config } from './config.ts';
import type { Schema } from './db.ts';
import { takeBooks } from './take-books.ts';
import { takeProgress } from './take-progress.ts';

export type Context = ServiceContext<Config, Schema>;

/** What monitoring hears. */
export function hearings(context: Context): readonly Hearing<Schema>[] {
  return [
    hears<Schema, typeof monthProgress>(monthProgress, (tx, messages) => takeProgress(context, tx, messages)),
    hears<Schema, typeof booksChecked>(booksChecked, (tx, messages) => takeBooks(context, tx, messages)),
  ];
}
