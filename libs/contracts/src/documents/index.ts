export * from './async-api.ts';
export * from './schema-rows.ts';
