// What is owed to writers, what covers it, and the moves of each close.
import { BillingEscrowSchema, cents, month as monthFrom } from '@wewrite/contracts';
import { balanceOf } from '@wewrite/ledger';
import { problemResponses, type Server } from '@wewrite/service-kit';
import type { BillingContext } from '../context.ts';
import type { EscrowMoveState } from '../db.ts';
import { escrowPosition } from './fund-escrow.ts';

export function readEscrow(server: Server, context: BillingContext): void {
  const { kysely } = context.database;
  server.get(
    '/v1/escrow',
    {
      schema: {
        summary: 'What is owed to writers, and where the money for it is',
        response: { 200: BillingEscrowSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    async () => {
      const moves = await kysely.selectFrom('escrow_move').selectAll().orderBy('month', 'desc').execute();
      return {
        adapter: context.escrow.name,
        canRelease: context.escrow.canRelease,
        currency: 'usd' as const,
        ...(await escrowPosition(kysely)),
        pendingCents: await balanceOf(kysely, 'stripe:pending'),
        moves: moves.map((move) => ({
          runId: move.run_id,
          month: monthFrom(move.month),
          state: shown(move.state),
          obligationsCents: cents(move.obligations_cents),
          movedCents: cents(move.moved_cents),
          shortfallCents: cents(move.shortfall_cents),
          stripeId: move.stripe_id,
          reason: move.reason,
          requestedAt: move.requested_at.toISOString(),
          completedAt: move.completed_at?.toISOString() ?? null,
        })),
      };
    },
  );
}

function shown(state: EscrowMoveState): 'pending' | 'waiting_for_funds' | 'failed' | 'completed' {
  return state === 'waiting_for_funds' || state === 'failed' || state === 'completed' ? state : 'pending';
}
