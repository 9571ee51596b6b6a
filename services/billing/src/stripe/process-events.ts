// E2: an event says what to look at. Its object is read again from Stripe, several at a time and outside of transactions;
// what was read is applied in one. What fails is tried again later, alone, and does not hold up its neighbours.
import { stripeReceived } from '@wewrite/contracts';
import { errorText, type Loop } from '@wewrite/service-kit';
import { isMissing } from '@wewrite/service-kit/stripe';
import { wakeEscrow } from '../close/wake-escrow.ts';
import type { BillingContext, BillingTransaction } from '../context.ts';
import { applyInvoices } from '../funding/apply-invoices.ts';
import type { InvoiceReading } from '../funding/invoice.ts';
import { makeFundsAvailable } from '../funding/make-funds-available.ts';
import { readInvoice } from '../funding/read-invoice.ts';
import { recordTopUps } from '../funding/record-top-ups.ts';
import { syncDispute } from '../reversals/sync-dispute.ts';
import { syncRefund } from '../reversals/sync-refund.ts';
import { finishCheckout } from '../subscription/finish-checkout.ts';
import { syncSubscription } from '../subscription/sync-subscription.ts';
import { type ClaimedEvent, countWaitingEvents, finishEvents, putBack, workOnEvents } from './event-queue.ts';
import { workOf } from './stripe-event.ts';

const batchEvents = 100;
const parallelReadings = 16;

/** Events that ask for the same: one reading serves them all. */
interface Task {
  readonly events: readonly ClaimedEvent[];
  /** What to apply in the events' transaction, once everything was read. */
  readonly prepare: () => Promise<Effect>;
}

interface Effect {
  readonly invoices: readonly InvoiceReading[];
  readonly apply?: (tx: BillingTransaction) => Promise<void>;
}

export function processEvents(context: BillingContext): Loop {
  return {
    name: 'stripe_events',
    pollMs: 1_000,
    due: () => countWaitingEvents(context),
    step: () => workOnEvents(context, batchEvents, (events) => processBatch(context, events)),
  };
}

async function processBatch(context: BillingContext, events: readonly ClaimedEvent[]): Promise<void> {
  const tasks = await tasksOf(context, events);
  const prepared = await context.inParallel(tasks, parallelReadings, async (task) => {
    try {
      return [{ task, effect: await task.prepare() }];
    } catch (error) {
      await fail(context, task, error);
      return [];
    }
  });
  const ready = prepared.flat();
  try {
    await apply(context, ready);
  } catch {
    // One of them does not go in: by itself each of the others does, and that one says why not.
    for (const one of ready) await apply(context, [one]).catch((error: unknown) => fail(context, one.task, error));
  }
}

async function apply(context: BillingContext, ready: readonly { task: Task; effect: Effect }[]): Promise<void> {
  if (ready.length === 0) return;
  await context.database.transaction(async (tx) => {
    await applyInvoices(
      tx,
      context,
      ready.flatMap(({ effect }) => effect.invoices),
    );
    for (const { effect } of ready) await effect.apply?.(tx);
    await finishEvents(
      tx,
      ready.flatMap(({ task }) => task.events.map(({ id }) => id)),
    );
  });
}

async function fail(context: BillingContext, task: Task, error: unknown): Promise<void> {
  const text = errorText(error);
  for (const event of task.events) {
    context.log.error({ eventId: event.id, type: event.type, error: text }, 'a Stripe event could not be processed');
    await putBack(context, event, { text, isFinal: isMissing(error) });
  }
}

/** One task for each object: also where several events name it, and where a charge leads to its invoice. */
async function tasksOf(context: BillingContext, events: readonly ClaimedEvent[]): Promise<Task[]> {
  const invoiceByCharge = await unbookedInvoices(context, events);
  const groups = new Map<string, { events: ClaimedEvent[]; prepare: Task['prepare'] }>();
  for (const event of events) {
    const { key, prepare } = taskOf(context, event, invoiceByCharge);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { events: [event], prepare });
    else group.events.push(event);
  }
  return [...groups.values()];
}

const nothing: Effect = { invoices: [] };

/** Work that reads and applies in transactions of its own; done again it changes nothing. */
function byItself(key: string, work: () => Promise<unknown>): { key: string; prepare: Task['prepare'] } {
  const prepare = async () => {
    await work();
    return nothing;
  };
  return { key, prepare };
}

function taskOf(
  context: BillingContext,
  event: ClaimedEvent,
  invoiceByCharge: ReadonlyMap<string, string>,
): { key: string; prepare: Task['prepare'] } {
  // A payout of a writer's own account is no move of escrow: it only wakes whoever watches that account.
  const isOfWriter = event.accountId !== null && event.type.startsWith('payout.');
  const work = isOfWriter ? 'forward' : workOf(event.type);
  const invoice = (id: string) => ({
    key: `invoice:${id}`,
    prepare: async () => ({ invoices: [await readInvoice(context.stripe, id, event.id)] }),
  });
  switch (work) {
    case 'invoice':
      if (event.type === 'invoice.finalization_failed') {
        const { id: eventId, objectId: invoiceId } = event;
        context.log.error({ eventId, invoiceId }, 'a renewal cannot be invoiced: put it right at Stripe');
      }
      return invoice(event.objectId);
    case 'charge': {
      const invoiceId = invoiceByCharge.get(event.objectId);
      return invoiceId === undefined ? { key: 'nothing', prepare: async () => nothing } : invoice(invoiceId);
    }
    case 'subscription':
      return byItself(`subscription:${event.objectId}`, () => syncSubscription(context, event.objectId));
    case 'checkout':
      return byItself(`checkout:${event.objectId}`, () => finishCheckout(context, event.objectId));
    case 'refund':
      return byItself(`refund:${event.objectId}`, () => syncRefund(context, event.objectId));
    case 'dispute':
      return byItself(`dispute:${event.objectId}`, () => syncDispute(context, event.objectId));
    case 'fraud_warning':
      return byItself(event.id, async () => {
        // Nothing has happened to the money. Whoever is on duty holds the lines that it funded.
        const { id: eventId, objectId } = event;
        context.log.error({ eventId, objectId }, 'a card network suspects a payment: hold what it funds');
      });
    case 'balance':
      return byItself('balance', async () => {
        // Stripe's time counts: its event may be here before our own clock shows that instant.
        await makeFundsAvailable(context, later(event.createdAt, context.clock.now()));
        await recordTopUps(context, later(event.createdAt, context.clock.now()));
      });
    case 'escrow':
      return {
        key: `payout:${event.objectId}`,
        prepare: async () => ({ invoices: [], apply: (tx) => wakeEscrow(tx, context, event.objectId) }),
      };
    case 'forward':
      return {
        key: event.id,
        prepare: async () => ({ invoices: [], apply: (tx) => forward(tx, context, event) }),
      };
    case null:
      return { key: 'nothing', prepare: async () => nothing };
    default:
      return work satisfies never;
  }
}

/** The invoices of charges whose fee is not known yet: a charge that changed may know it now. */
async function unbookedInvoices(
  context: BillingContext,
  events: readonly ClaimedEvent[],
): Promise<ReadonlyMap<string, string>> {
  const charges = events.filter((event) => workOf(event.type) === 'charge').map((event) => event.objectId);
  if (charges.length === 0) return new Map();
  const rows = await context.database.kysely
    .selectFrom('payment')
    .select(['charge_id', 'invoice_id'])
    .where('charge_id', 'in', charges)
    .where('balance_transaction_id', 'is', null)
    .execute();
  return new Map(rows.flatMap((row) => (row.charge_id === null ? [] : [[row.charge_id, row.invoice_id]])));
}

function later(a: Date, b: Date): Date {
  return a > b ? a : b;
}

/** Wakes the service that follows the object; Stripe's object is the truth, the order of these does not matter. */
async function forward(tx: BillingTransaction, context: BillingContext, event: ClaimedEvent): Promise<void> {
  const { id: eventId, type, objectId, accountId, createdAt } = event;
  await context.outbox.emit(tx, stripeReceived, [
    { key: objectId, id: eventId, body: { eventId, type, objectId, accountId, created: createdAt.toISOString() } },
  ]);
}
