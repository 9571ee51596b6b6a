import { z } from 'zod';

/** A fault to inject: how, into which calls, and how often. */
export const faultOrder = z.strictObject({
  match: z.strictObject({
    method: z.enum(['GET', 'POST', 'DELETE']).optional(),
    /** A path; `*` stands for any characters. */
    path: z.string().optional(),
  }),
  kind: z.enum(['500', '429', 'timeout_after_success', 'connection_reset']),
  times: z.int().min(1).default(1),
});

export type FaultOrder = z.output<typeof faultOrder>;
export type FaultKind = FaultOrder['kind'];

/** The faults still to be injected, first ordered first used. They do not outlive the process. */
export class Faults {
  #orders: { order: FaultOrder; left: number }[] = [];

  add(order: FaultOrder): void {
    this.#orders.push({ order, left: order.times });
  }

  clear(): void {
    this.#orders = [];
  }

  /** The fault for this call, used up by asking. */
  take(method: string, path: string): FaultKind | undefined {
    const found = this.#orders.find(({ order }) => matches(order, method, path));
    if (found === undefined) return undefined;
    found.left -= 1;
    if (found.left === 0) this.#orders = this.#orders.filter((entry) => entry !== found);
    return found.order.kind;
  }
}

function matches({ match }: FaultOrder, method: string, path: string): boolean {
  if (match.method !== undefined && match.method !== method) return false;
  if (match.path === undefined) return true;
  const pattern = match.path.split('*').map(RegExp.escape).join('.*');
  return new RegExp(`^${pattern}$`).test(path);
}
