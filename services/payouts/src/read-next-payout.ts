import { cents, cutoffOf, monthOf, NextPayoutSchema, zeroCents } from '@wewrite/contracts';
import { identityOf, problemResponses, type Server } from '@wewrite/service-kit';
import type { Context } from './context.ts';
import { readWriters, termsOf } from './judge-writers.ts';
import { adviceFor, judge, processingFeeOf } from './payout.ts';

/** D2: what a writer gets next, or why not and what to do, judged by the same rule as on the first of the month. */
export function readNextPayout(server: Server, context: Context): void {
  server.get(
    '/v1/payouts/next',
    {
      schema: {
        summary: 'What the writer gets next and when, or why nothing and what to do',
        response: { 200: NextPayoutSchema, ...problemResponses },
      },
      config: { access: ['writer'] },
    },
    async (request) => {
      const { userId } = identityOf(request);
      const terms = termsOf(context);
      const writer = await context.database.transaction(async (tx) => (await readWriters(tx, [userId])).get(userId));
      const judgement = writer === undefined ? null : judge(writer, terms);
      const reason = judgement?.kind === 'skip' ? judgement.reason : null;
      const payableCents = writer?.payableCents ?? zeroCents;
      const receivableCents = writer?.receivableCents ?? zeroCents;
      const balanceCents = cents(payableCents - receivableCents);
      const processingFeeCents = processingFeeOf(balanceCents, terms);
      return {
        currency: 'usd' as const,
        payableCents,
        heldCents: writer?.heldCents ?? zeroCents,
        receivableCents,
        processingFeeCents,
        netCents: cents(Math.max(0, balanceCents - processingFeeCents)),
        date: cutoffOf(monthOf(context.clock.now())).toISOString().slice(0, 10),
        reason,
        whatToDo: reason === null ? null : adviceFor[reason],
      };
    },
  );
}
