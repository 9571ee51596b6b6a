import { z } from 'zod';
import { newId } from '../engine/object-ids.ts';
import type { Turn } from '../engine/turn.ts';
import { requireFinancialAccount } from './financial-account.ts';
import { moveStorage, type StorageTransaction } from './storage-transaction.ts';

/** A fee of Stripe's, in cents. */
export const storageFeeOrder = z.strictObject({ amount: z.int().min(1), description: z.string().optional() });

/** Takes a fee out of a financial account, as Stripe may do for payouts; the balance may fall below zero. */
export function takeStorageFee(
  turn: Turn,
  financialAccountId: string,
  { amount, description }: z.output<typeof storageFeeOrder>,
): StorageTransaction {
  const account = requireFinancialAccount(turn, financialAccountId);
  return moveStorage(turn, {
    financialAccountId: account.id,
    cents: -amount,
    category: 'stripe_fee',
    flow: { fee_batch: newId('feeb'), type: 'fee_batch' },
    status: 'posted',
    description,
  });
}
