import { type Explanation, ExplanationSchema, type Related } from '@wewrite/contracts';
import { identityOf, problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import { z } from 'zod';
import type { Context } from '../db.ts';
import { findLine } from '../find-lines.ts';
import type { Line } from '../line.ts';
import { lineKeys } from '../line-key.ts';
import { payoutsOfMonth, withoutSupporter } from './chain.ts';
import { lineSteps, type Sight } from './line-steps.ts';
import { readLineFacts } from './read-facts.ts';

/** The whole way of a line's money, for its supporter, its writer (by line key) and administrators. */
export function explainLine(server: Server, context: Context): void {
  const keys = lineKeys(context.config.LINE_KEY_SECRET);
  server.get(
    '/v1/explain/:line',
    {
      schema: {
        summary: "Each step of a line's cents, from charge to transfer",
        params: z.object({ line: z.string().max(400) }),
        response: { 200: ExplanationSchema, ...problemResponses },
      },
      config: { access: ['supporter', 'writer', 'admin'] },
    },
    async (request): Promise<Explanation> => {
      const identity = identityOf(request);
      const line = await findLine(context, { lineId: request.params.line, keys, identity });
      if (line === null)
        throw new Refusal('not_found', 'There is no such line of yours in a month that is calculated.');
      const isAdmin = identity.roles.has('admin');
      const sight: Sight = {
        ofSupporter: isAdmin || request.params.line === line.lineId,
        ofWriter: isAdmin || request.params.line !== line.lineId,
      };
      const shownId = sight.ofSupporter ? line.lineId : keys.lineKey(line.lineId);
      const { facts, invoiceIds } = await readLineFacts(context, line, shownId);
      const steps = lineSteps(facts, sight);
      const payoutIds = sight.ofWriter ? payoutsOfMonth(facts.payouts).map((payout) => payout.payoutId) : [];
      return {
        of: 'line',
        id: shownId,
        currency: 'usd',
        steps: sight.ofSupporter ? steps : withoutSupporter(steps),
        related: [
          ...(sight.ofSupporter ? invoiceIds.map((id) => ({ of: 'invoice' as const, id })) : []),
          ...(sight.ofWriter ? [monthOf(line)] : []),
          ...payoutIds.map((id) => ({ of: 'payout' as const, id })),
        ],
      };
    },
  );
}

/** The writer's month that the line is of. */
function monthOf({ month, recipientUserId }: Line): Related {
  return { of: 'writer_month', id: month, recipientUserId };
}
