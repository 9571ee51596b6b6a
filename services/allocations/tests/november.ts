import type { LockedChunk, LockedClosing } from '@wewrite/contracts';
import { monthLocked } from '@wewrite/contracts';
import { november, page, type RunningAllocations } from './running-allocations.ts';

/** When the close of November is started. */
export const closeInstant = '2026-12-01T09:00:00.000Z';

export interface PaidBudget {
  readonly userId: string;
  readonly paidCents: number;
}

/** Supporters with different budgets and plans, some shrunken, one idle; returns the paid budgets. */
export async function populate(service: RunningAllocations, count: number): Promise<PaidBudget[]> {
  for (const name of ['a', 'b', 'c']) await service.register(page(name), `writer-${name}`);
  const paid = Array.from({ length: count }, (_, index) => ({ userId: `supporter-${index}`, paidCents: 500 + index }));
  await service.fund(paid.map((one) => ({ ...one, month: november, paidCents: 2_000 })));
  await Promise.all(
    paid.map(async ({ userId }, index) => {
      await service.set(userId, page('a'), 100 + index);
      await service.set(userId, page('b'), 333);
      await service.set(userId, page('c'), index % 2 === 0 ? 77 : 1_000);
    }),
  );
  const all = [...paid, { userId: 'idle', paidCents: 900 }];
  await service.fund(all.map((one) => ({ ...one, month: november })));
  return all;
}

/** Closes November with these paid budgets, and waits until it is locked. */
export async function closeNovember(service: RunningAllocations, paid: readonly PaidBudget[]): Promise<void> {
  await service.setClock(closeInstant);
  await service.closeFunding(november, paid);
  await service.close(november);
  await service.settled();
}

/** What was said of the lock: chunks in order of number, each once, and the closing message. */
export async function lockedMessages(service: RunningAllocations) {
  const said = await service.heard(monthLocked);
  const chunks = new Map<number, { body: LockedChunk; value: Buffer }>();
  let closing: LockedClosing | undefined;
  for (const { body, value } of said) {
    if (body.part === 'closing') closing = body;
    else chunks.set(body.chunk, { body, value });
  }
  return { said, closing, chunks: [...chunks.values()].sort((a, b) => a.body.chunk - b.body.chunk) };
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
