import { MonthSchema } from '@wewrite/contracts';
import { z } from 'zod';
import type { Fact } from './fact.ts';
import type { Stage } from './stage.ts';

const metadata = z.object({ month: MonthSchema, writer: z.string() });
const transitions = z.object({ failed_at: z.iso.datetime().optional(), canceled_at: z.iso.datetime().optional() });
const PaymentsSchema = z.array(z.object({ id: z.string(), status_transitions: transitions.optional(), metadata }));

/** Payments to writers that Stripe has had, and has not made. */
export async function payoutFacts(stage: Stage): Promise<Fact[]> {
  const payments = PaymentsSchema.parse(await stage.heldAtStripe('outbound_payment'));
  return payments.flatMap(({ id, status_transitions: ended, metadata: { writer: writerId, month } }): Fact[] => {
    const because = ended?.failed_at === undefined ? 'canceled' : 'declined';
    const at = ended?.failed_at ?? ended?.canceled_at;
    if (at === undefined) return [];
    return [{ name: `not made ${id}`, atMs: Date.parse(at), act: { kind: 'payout_failed', writerId, month, because } }];
  });
}
