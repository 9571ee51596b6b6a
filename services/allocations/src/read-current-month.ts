import { CurrentMonthSchema, cutoffOf, monthOf } from '@wewrite/contracts';
import { problemResponses, type Server } from '@wewrite/service-kit';
import type { Context } from './db.ts';
import { urgencyAt } from './month-close.ts';

/** Which month runs, and how long it still does. */
export function readCurrentMonth(server: Server, { clock }: Context): void {
  server.get(
    '/v1/months/current',
    {
      schema: {
        summary: "The running month, its cutoff, the server's time, and how urgent it is",
        response: { 200: CurrentMonthSchema, ...problemResponses },
      },
      config: { access: ['supporter', 'writer', 'admin', 'service'] },
    },
    async () => {
      const now = clock.now();
      const month = monthOf(now);
      const cutoff = cutoffOf(month);
      return {
        month,
        cutoff: cutoff.toISOString(),
        serverTime: now.toISOString(),
        secondsLeft: Math.ceil((cutoff.getTime() - now.getTime()) / 1000),
        urgency: urgencyAt(now),
      };
    },
  );
}
