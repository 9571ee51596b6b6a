export * from './balances.ts';
export * from './chart.ts';
export * from './list-accounts.ts';
export * from './list-transfers.ts';
export * from './migrations.ts';
export * from './post-transfers.ts';
