// What an operator decides about a parked message is kept with the reason, and told to the service that has parked it;
// that service answers with what has become of it.
import {
  type MessageOf,
  OrderAboutParkedSchema,
  operatorCommand,
  type ParkedMessage,
  ParkedMessageSchema,
  type UserId,
} from '@wewrite/contracts';
import { identityOf, problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import type { Selectable, Transaction } from 'kysely';
import { z } from 'zod';
import type { Context, ReportedParkedTable, Schema } from './db.ts';
import { parkedMessageOf } from './parked-message.ts';

type Command = MessageOf<typeof operatorCommand>;

/** `POST /v1/parked/{id}/replay` and `/drop`. */
export function orderAboutParked(server: Server, context: Context): void {
  for (const [order, summary] of [
    ['replay', 'Have a parked message handled again'],
    ['drop', 'Have a parked message put away for good'],
  ] as const) {
    server.post(
      `/v1/parked/:id/${order}`,
      {
        schema: {
          summary,
          params: z.object({ id: z.uuid() }),
          body: OrderAboutParkedSchema,
          response: { 200: ParkedMessageSchema, ...problemResponses },
        },
        config: { access: ['admin'] },
      },
      (request) => {
        const { userId } = identityOf(request);
        const decided = { order, orderedBy: userId, reason: request.body.reason };
        return context.database.transaction((tx) => giveOrder(context, tx, { ...decided, id: request.params.id }));
      },
    );
  }
}

interface Decided {
  readonly id: string;
  readonly order: Command['order'];
  readonly orderedBy: UserId;
  readonly reason: string;
}

async function giveOrder(
  { clock, ids, outbox }: Context,
  tx: Transaction<Schema>,
  { id, order, orderedBy, reason }: Decided,
): Promise<ParkedMessage> {
  const known = await tx.selectFrom('reported_parked').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
  const parked = checked(known, order);
  const { service, topic, message_id: messageId } = parked;
  const at = clock.now();
  const command = {
    order,
    commandId: ids.next(),
    service,
    topic,
    messageId,
    orderedBy,
    why: reason,
    at: at.toISOString(),
  };
  const kept = await tx
    .insertInto('operator_order')
    .values({ command_id: command.commandId, parked_id: id, order, ordered_by: orderedBy, reason, ordered_at: at })
    .returningAll()
    .executeTakeFirstOrThrow();
  await outbox.emit(tx, operatorCommand, [{ key: service, id: command.commandId, body: command }]);
  return parkedMessageOf(parked, kept);
}

/** The message, where the order can be given. */
function checked(
  parked: Selectable<ReportedParkedTable> | undefined,
  order: Command['order'],
): Selectable<ReportedParkedTable> {
  if (parked === undefined) throw new Refusal('not_found', 'No service has parked a message of this id.');
  if (parked.state !== 'parked') throw new Refusal('not_parked', `The message has been ${parked.state} already.`);
  if (order === 'drop' && !parked.can_be_dropped) {
    throw new Refusal(
      'must_not_be_dropped',
      'A month would wait for this message for ever: mend the cause, replay it.',
    );
  }
  return parked;
}
