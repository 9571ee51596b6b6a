// D8: an operator decides that a writer need not pay back what they owe; the platform bears it.
import { cents, monthOf, UserIdSchema, WriteOffSchema, WrittenOffSchema } from '@wewrite/contracts';
import { identityOf, keepAnswer, problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import { z } from 'zod';
import { askForCheckOfBalances } from '../check-books.ts';
import type { Context } from '../context.ts';
import { lockBalances, readBooks } from './read-books.ts';
import { writeBooks } from './write-books.ts';
import { applied, writeOff } from './writer-books.ts';

/** `POST /v1/obligations/{userId}/write-off`. */
export function writeOffReceivable(server: Server, context: Context): void {
  server.post(
    '/v1/obligations/:userId/write-off',
    {
      schema: {
        summary: 'Give up what a writer owes',
        params: z.object({ userId: UserIdSchema }),
        body: WriteOffSchema,
        response: { 200: WrittenOffSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    async (request, reply) => {
      const { userId } = request.params;
      const { amountCents, reason } = request.body;
      return context.database.transaction(async (tx) => {
        await lockBalances(tx);
        const books = (await readBooks(tx, [userId])).get(userId);
        const movements = books === undefined ? [] : writeOff(books, amountCents ?? null);
        const [movement] = movements;
        if (books === undefined || movement === undefined) {
          throw new Refusal('not_found', `${userId} owes nothing: there is nothing to write off.`);
        }
        const change = { reversalId: null, settles: null, causeEventId: null, adjusts: null, corrects: [], holds: [] };
        const decision = { reason, by: identityOf(request).userId };
        const cause = context.ids.next();
        await writeBooks(context, tx, [
          { ...change, userId, month: monthOf(context.clock.now()), movements, cause, decision },
        ]);
        await askForCheckOfBalances(context, tx);
        return keepAnswer(tx, reply, {
          userId,
          currency: 'usd' as const,
          writtenOffCents: cents(movement.amountCents),
          receivableCents: applied(books, movements).receivableCents,
        });
      });
    },
  );
}
