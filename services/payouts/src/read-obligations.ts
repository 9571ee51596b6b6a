import { type Cents, ObligationsSchema, sumCents, UserIdSchema, zeroCents } from '@wewrite/contracts';
import { balances, listAccounts, sumOfBalances } from '@wewrite/ledger';
import { problemResponses, type Server } from '@wewrite/service-kit';
import { z } from 'zod';
import type { Context } from './context.ts';
import { accountOf } from './sub-ledger.ts';

/** Everything owed to writers, whatever the month: in all, and writer by writer. */
export function readObligations(server: Server, context: Context): void {
  server.get(
    '/v1/obligations',
    {
      schema: {
        summary: 'What is owed to each writer, and in all',
        querystring: z.strictObject({
          limit: z.coerce.number().int().min(1).max(1_000).default(100),
          cursor: z.string().max(400).optional(),
        }),
        response: { 200: ObligationsSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    async (request) => {
      const { limit, cursor } = request.query;
      const { kysely } = context.database;
      const after = cursor === undefined ? null : accountOf.payable(cursor);
      const page = await listAccounts(kysely, { prefix: accountOf.payable(''), after, limit });
      const userIds = page.accounts.map((account) =>
        UserIdSchema.parse(account.id.slice(accountOf.payable('').length)),
      );
      const kinds = ['payable', 'inFlight', 'held', 'receivable'] as const;
      const ids = userIds.flatMap((userId) => kinds.map((kind) => accountOf[kind](userId)));
      const amounts = await balances(kysely, { ids });
      const amount = (id: string): Cents => amounts.get(id) ?? zeroCents;
      const totalOf = (prefix: string) => sumOfBalances(kysely, { prefix });
      const [payableCents, inFlightCents] = [await totalOf('payable:'), await totalOf('in_flight:')];
      const [heldCents, receivableCents] = [await totalOf('held:'), await totalOf('receivable:')];
      return {
        currency: 'usd' as const,
        totalCents: sumCents([payableCents, inFlightCents, heldCents]),
        ...{ payableCents, inFlightCents, heldCents, receivableCents },
        writers: userIds.map((userId) => ({
          userId,
          payableCents: amount(accountOf.payable(userId)),
          inFlightCents: amount(accountOf.inFlight(userId)),
          heldCents: amount(accountOf.held(userId)),
          receivableCents: amount(accountOf.receivable(userId)),
        })),
        nextCursor: page.next === null ? null : (userIds.at(-1) ?? null),
      };
    },
  );
}
