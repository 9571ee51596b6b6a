import { z } from 'zod';

/** A fault to inject: how, into which calls, and how often. */
export const faultOrder = z.strictObject({
  match: z.strictObject({
    method: z.enum(['GET', 'POST', 'DELETE']).optional(),
    /** A path; `*` stands for any characters. */
    path: z.string().optional(),
  }),
  kind: z.enum([
    '500',
    '429',
    '401',
    '409',
    'balance_insufficient',
    'timeout_after_success',
    'connection_reset',
    'reset_after_success',
  ]),
  times: z.int().min(1).default(1),
});

export type FaultOrder = z.output<typeof faultOrder>;
/** How a call goes wrong. */
export type FaultKind = FaultOrder['kind'];

/** A call of Stripe's API, as a fault is chosen for it. */
export interface Call {
  readonly method: string;
  readonly path: string;
  /** Tells callers apart that have keys of their own. */
  readonly authorization: string | undefined;
}

/** Chooses the fault of a call by itself, order or no order. */
export type DrawFault = (call: Call) => FaultKind | undefined;

/** The faults still to be injected, first ordered first used. They do not outlive the process. */
export class Faults {
  readonly #draw: DrawFault;
  #orders: { order: FaultOrder; left: number }[] = [];

  constructor(draw: DrawFault = () => undefined) {
    this.#draw = draw;
  }

  add(order: FaultOrder): void {
    this.#orders.push({ order, left: order.times });
  }

  clear(): void {
    this.#orders = [];
  }

  /** The fault for this call, used up by asking. */
  take(call: Call): FaultKind | undefined {
    const found = this.#orders.find(({ order }) => matches(order, call));
    if (found === undefined) return this.#draw(call);
    found.left -= 1;
    if (found.left === 0) this.#orders = this.#orders.filter((entry) => entry !== found);
    return found.order.kind;
  }
}

function matches({ match }: FaultOrder, { method, path }: Call): boolean {
  if (match.method !== undefined && match.method !== method) return false;
  if (match.path === undefined) return true;
  const pattern = match.path.split('*').map(RegExp.escape).join('.*');
  return new RegExp(`^${pattern}$`).test(path);
}
