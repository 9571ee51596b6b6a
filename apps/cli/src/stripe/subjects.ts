import { z } from 'zod';
import { RunFailure, UsageFault } from '../exit-codes.ts';

/** What a simulation happens to: the tables of the sandbox, and as much of their objects as simulations look at. */
const subjects = {
  subscription: z.object({
    id: z.string(),
    status: z.string(),
    customer: z.string(),
    pending_update: z.unknown().nullable(),
    cancel_at: z.number().nullable(),
    items: z.object({
      data: z.tuple([z.object({ id: z.string(), price: z.object({ unit_amount: z.number(), product: z.string() }) })]),
    }),
  }),
  charge: z.object({
    id: z.string(),
    status: z.string(),
    amount: z.number(),
    amount_refunded: z.number(),
    disputed: z.boolean(),
    payment_intent: z.string(),
  }),
  invoice: z.object({ id: z.string(), status: z.string(), customer: z.string() }),
  checkout_session: z.object({ id: z.string(), status: z.string().nullable() }),
  dispute: z.object({ id: z.string(), status: z.string() }),
  transfer: z.object({ id: z.string(), reversed: z.boolean() }),
  payout: z.object({ id: z.string(), status: z.string() }),
  outbound_payment: z.object({ id: z.string(), status: z.string() }),
  account: z.object({ id: z.string() }),
} as const satisfies Record<string, z.ZodType<{ id: string }>>;

/** A kind of object at the sandbox. */
export type SubjectKind = keyof typeof subjects;

/** An object of a kind, as far as simulations look at it. */
export type Subject<Kind extends SubjectKind> = z.infer<(typeof subjects)[Kind]>;

/** Which object something is to happen to. */
export interface Choice<Kind extends SubjectKind> {
  readonly kind: Kind;
  /** What it has to be like, in words: `a paid charge`. */
  readonly what: string;
  readonly fits: (subject: Subject<Kind>) => boolean;
}

/**
 * The object with the id, else the newest that fits. Throws a {@link UsageFault} for an id that is there and does not
 * fit, or is not there, and a RunFailure where nothing fits.
 */
export async function chooseSubject<Kind extends SubjectKind>(
  sandboxUrl: string,
  { kind, what, fits }: Choice<Kind>,
  id: string | null,
): Promise<Subject<Kind>> {
  const response = await fetch(new URL(`/_sandbox/state?object=${kind}`, sandboxUrl));
  const state = z.record(z.string(), z.array(z.unknown())).parse(await response.json());
  // The schema of a kind and its subjects' type are one; the compiler sees the union of all.
  const schema = subjects[kind] as unknown as z.ZodType<Subject<Kind>>;
  const all = (state[kind] ?? []).map((one) => schema.parse(one));
  const chosen = all.find((one) => fits(one) && (id === null || one.id === id));
  if (chosen !== undefined) return chosen;
  if (id !== null) throw new UsageFault(`${id} is not ${what} at the sandbox.`);
  throw new RunFailure(`There is not ${what} at the sandbox to which it could happen.`);
}
