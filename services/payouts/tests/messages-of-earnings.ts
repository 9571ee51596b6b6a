import {
  type EarningsClosing,
  earningsCalculated,
  earningsReversed,
  type ReversalKind,
  RunSchema,
  type WriterMonth,
} from '@wewrite/contracts';
import { idOfCause } from '@wewrite/service-kit';

/** Net cents by writer; `settles` is the name of what it undoes or concludes, `beforeClosing` as in `earnings.reversed`. */
export interface ReversalOrder {
  readonly kind: ReversalKind;
  readonly month: string;
  readonly netByWriter: Readonly<Record<string, number>>;
  readonly settles?: string;
  readonly beforeClosing?: boolean;
}

/** The close of a month. */
export function runOf(month: string) {
  const digits = month.replace('-', '');
  return RunSchema.parse({ runId: `0197a000-0000-7000-8000-000000${digits}`, kind: 'close', month });
}

/** A month of writers and its closing message, which counts `reversedParts`: each has earned the net amount, by one line. */
export function messagesOf(
  month: string,
  netByWriter: Readonly<Record<string, number>>,
  reversedParts = 0,
): (WriterMonth | EarningsClosing)[] {
  const run = runOf(month);
  const amounts = (net: number) => ({ currency: 'usd', grossCents: net + 7, feeCents: 7, netCents: net, lineCount: 1 });
  const writers = Object.entries(netByWriter).map(([recipientUserId, net]) => ({
    part: 'writer',
    run,
    recipientUserId,
    ...amounts(net),
  }));
  const total = Object.values(netByWriter).reduce((sum, net) => sum + net, 0);
  const count = writers.length;
  const closing = {
    part: 'closing',
    run,
    currency: 'usd',
    writers: count,
    grossCents: total + 7 * count,
    feeCents: 7 * count,
    netCents: total,
    lineCount: count,
    reversedParts,
  };
  return [...writers, closing].map((message) => earningsCalculated.schema.parse(message));
}

/** A writer's part of a reversal, whose id follows from its name. */
export function writerReversal(
  name: string,
  reversal: Omit<ReversalOrder, 'netByWriter'> & { writer: string; netCents: number; at: string },
) {
  const { kind, month, settles, beforeClosing, writer, netCents, at } = reversal;
  const shares = { currency: 'usd', grossCents: netCents + 7, feeCents: 7, netCents, lineCount: 1 };
  return earningsReversed.schema.parse({
    part: 'writer',
    run: runOf(month),
    reversalId: idOfCause(name),
    kind,
    settles: settles === undefined ? null : idOfCause(settles),
    recipientUserId: writer,
    ...shares,
    beforeClosing,
    at,
  });
}
