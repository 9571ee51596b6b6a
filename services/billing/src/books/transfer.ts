import type { Cents, Month } from '@wewrite/contracts';
import type { NewTransfer } from '@wewrite/ledger';

/** A transfer of the general ledger, in US dollars, with what most of them do not have left out. */
export function transferOf(transfer: {
  key: string;
  kind: string;
  month: Month;
  debit: string;
  credit: string;
  amountCents: Cents;
  occurredAt: Date;
  causeEventId?: string | null;
  stripeId?: string | null;
  corrects?: string | null;
  runKind?: NewTransfer['runKind'];
}): NewTransfer {
  const { key, ...rest } = transfer;
  return {
    causeEventId: null,
    stripeId: null,
    runKind: null,
    corrects: null,
    ...rest,
    idempotencyKey: key,
    currency: 'usd',
  };
}
