import type { MigrationSource } from '@wewrite/service-kit';

/** The ledger's tables, view and functions, made in the schema of the service that keeps books with it. */
export const ledgerMigrations: MigrationSource = {
  name: 'ledger',
  directory: new URL('../migrations/', import.meta.url),
};
