// The general ledger for administrators: accounts as they stand, and transfers in the order of writing.
import {
  BillingAccountsQuerySchema,
  BillingAccountsSchema,
  BillingEntriesQuerySchema,
  BillingEntriesSchema,
} from '@wewrite/contracts';
import { listAccounts, listTransfers } from '@wewrite/ledger';
import { problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import type { BillingContext } from '../context.ts';

export function listLedger(server: Server, context: BillingContext): void {
  const { kysely } = context.database;
  server.get(
    '/v1/ledger/accounts',
    {
      schema: {
        summary: 'Accounts of the general ledger with their balances',
        querystring: BillingAccountsQuerySchema,
        response: { 200: BillingAccountsSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    async (request) => {
      const { cursor, ...query } = request.query;
      const { accounts, next } = await listAccounts(kysely, { ...query, after: cursor ?? null });
      return {
        accounts: accounts.map(({ id, type, currency, debitCents, creditCents, balanceCents }) => ({
          id,
          type,
          currency,
          debitCents,
          creditCents,
          balanceCents,
        })),
        next,
      };
    },
  );
  server.get(
    '/v1/ledger/entries',
    {
      schema: {
        summary: 'Entries of the general ledger',
        querystring: BillingEntriesQuerySchema,
        response: { 200: BillingEntriesSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    async (request) => {
      const { cursor, account, kind, month, limit } = request.query;
      const { transfers, next } = await listTransfers(kysely, {
        ...(account === undefined ? {} : { account }),
        ...(kind === undefined ? {} : { kind }),
        ...(month === undefined ? {} : { month }),
        after: cursor === undefined ? null : placeOf(cursor),
        limit,
      });
      return {
        entries: transfers.map(({ idempotencyKey, occurredAt, recordedAt, ...transfer }) => ({
          ...transfer,
          key: idempotencyKey,
          occurredAt: occurredAt.toISOString(),
          recordedAt: recordedAt.toISOString(),
        })),
        next: next === null ? null : String(next),
      };
    },
  );
}

function placeOf(cursor: string): number {
  const place = Number(cursor);
  if (!Number.isSafeInteger(place) || place < 0) {
    throw new Refusal('invalid_request', 'Use a cursor that an earlier page gave as next.', { field: 'cursor' });
  }
  return place;
}
