import { type Cents, type Currency, type Month, type RunKind, zeroCents } from '@wewrite/contracts';
import { defineChart, type NewTransfer } from '@wewrite/ledger';
import type { Movement, Place } from './adjustments/writer-books.ts';

const liability = { type: 'liability', currency: 'usd', minimumCents: zeroCents } as const;

/** The writers' sub-ledger: per writer what is payable, in flight, held and owed to us, against one control account. */
export const chart = defineChart({
  'payable:': liability,
  'in_flight:': liability,
  'held:': liability,
  'receivable:': { type: 'asset', currency: 'usd', minimumCents: zeroCents },
  control: { type: 'asset', currency: 'usd', hot: true },
});

export const accountOf = {
  payable: (userId: string) => `payable:${userId}`,
  inFlight: (userId: string) => `in_flight:${userId}`,
  held: (userId: string) => `held:${userId}`,
  receivable: (userId: string) => `receivable:${userId}`,
  control: 'control',
} as const;

interface Posting {
  readonly month: Month;
  readonly userId: string;
  readonly amountCents: Cents;
  readonly currency: Currency;
  readonly occurredAt: Date;
  readonly causeEventId: string | null;
}

/** C1: a writer's net earnings of a month become payable. */
export function creatorEarning(posting: Posting & { runId: string; runKind: RunKind }): NewTransfer {
  const { runId, userId } = posting;
  return transfer('creator_earning', `${runId}:${userId}`, posting, accountOf.control, accountOf.payable(userId));
}

/** D3: the money of a payout is set aside before anything is sent. */
export function payoutReserved(posting: Posting & { payoutId: string }): NewTransfer {
  const { payoutId, userId } = posting;
  return transfer('payout_reserved', payoutId, posting, accountOf.payable(userId), accountOf.inFlight(userId));
}

/** The net amount has reached the writer. */
export function writerPayout(posting: Posting & { payoutId: string; stripeId: string }): NewTransfer {
  const { payoutId, userId } = posting;
  return transfer('writer_payout', payoutId, posting, accountOf.inFlight(userId), accountOf.control);
}

/** The processing fee that was withheld from a paid payout. */
export function processingFee(posting: Posting & { payoutId: string; stripeId: string }): NewTransfer {
  const { payoutId, userId } = posting;
  return transfer('processing_fee', payoutId, posting, accountOf.inFlight(userId), accountOf.control);
}

/** The entries of {@link payoutReturned}: their keys end with the payout's id. */
export const returnedKind = 'payout_returned';

/** A payout failed or came back: its reservation is undone, and the money is payable again. */
export function payoutReturned(posting: Posting & { payoutId: string }): NewTransfer {
  const { payoutId, userId } = posting;
  const undone = transfer(returnedKind, payoutId, posting, accountOf.inFlight(userId), accountOf.payable(userId));
  return { ...undone, corrects: `payout_reserved:${payoutId}` };
}

/** A payment that was made has come back: its entry is undone by a new one that names it. */
export function payoutUndone(entry: NewTransfer, occurredAt: Date): NewTransfer {
  return {
    ...entry,
    idempotencyKey: `${returnedKind}:${entry.idempotencyKey}`,
    kind: returnedKind,
    debit: entry.credit,
    credit: entry.debit,
    occurredAt,
    corrects: entry.idempotencyKey,
  };
}

/**
 * What a writer's balances are adjusted or held by (E5, C6, D8): between two places of their money, of which what is held
 * names the hold. The key names both, since one cause may take from several.
 */
export function writerMovement(movement: Omit<Posting, 'currency'> & Movement & { cause: string }): NewTransfer {
  const { kind, cause, userId, debit, credit } = movement;
  return transfer(
    kind,
    `${cause}:${userId}:${nameOf(credit)}:${nameOf(debit)}`,
    { ...movement, currency: 'usd' },
    accountAt(userId, debit),
    accountAt(userId, credit),
  );
}

function nameOf(place: Place): string {
  return typeof place === 'string' ? place : place.holdId;
}

function accountAt(userId: string, place: Place): string {
  if (typeof place !== 'string') return accountOf.held(userId);
  return place === 'control' ? accountOf.control : accountOf[place](userId);
}

function transfer(
  kind: string,
  cause: string,
  posting: Posting & { runKind?: RunKind; stripeId?: string },
  debit: string,
  credit: string,
): NewTransfer {
  return {
    idempotencyKey: `${kind}:${cause}`,
    kind,
    debit,
    credit,
    month: posting.month,
    amountCents: posting.amountCents,
    currency: posting.currency,
    occurredAt: posting.occurredAt,
    causeEventId: posting.causeEventId,
    stripeId: posting.stripeId ?? null,
    corrects: null,
    runKind: posting.runKind ?? null,
  };
}
