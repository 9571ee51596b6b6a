import { endpoint } from '../engine/endpoint.ts';
import { snapshotEvents, thinEvents } from '../engine/events.ts';
import { listPage } from '../engine/lists.ts';
import { createdRange, flag, listOf, page, words } from '../engine/parameters.ts';
import { missing } from '../engine/stripe-failure.ts';
import { v2ListPage, v2Page } from '../engine/v2-lists.ts';

/** Stripe refuses a longer list of types. */
const maximumTypes = 20;

export const eventEndpoints = [
  endpoint(
    'GET',
    '/v1/events',
    {
      ...page,
      created: createdRange.optional(),
      delivery_success: flag.optional(),
      type: words.optional(),
      types: listOf(words)
        .refine(({ length }) => length <= maximumTypes, `at most ${maximumTypes} types`)
        .optional(),
    },
    (turn, { created, delivery_success: delivered, type, types, ...ofPage }) =>
      listPage(turn.store, snapshotEvents, {
        url: '/v1/events',
        filter: {
          equals: { type },
          anyOf: types && { lookup: 'type', values: types },
          created,
          where: delivered === undefined ? undefined : deliveryCondition(delivered),
        },
        page: ofPage,
      }),
  ),
  endpoint('GET', '/v1/events/:id', {}, (turn, _parameters, id) => {
    const event = turn.store.find(snapshotEvents, id);
    if (event === undefined) throw missing('event', id);
    const row = turn.store.row('SELECT count(*) AS count FROM delivery WHERE event_id = ?', id);
    return { ...event, pending_webhooks: Number(row?.count ?? 0) };
  }),
  endpoint('GET', '/v2/core/events', v2Page, (turn, page) =>
    v2ListPage(turn, thinEvents, { url: '/v2/core/events', filter: {}, page }),
  ),
  endpoint('GET', '/v2/core/events/:id', {}, (turn, _parameters, id) => {
    const event = turn.store.find(thinEvents, id);
    if (event === undefined) throw missing('event', id);
    return event;
  }),
];

/** A delivery lies in the queue until it has been answered. */
function deliveryCondition(delivered: boolean): string {
  const waiting = `EXISTS (SELECT 1 FROM delivery WHERE delivery.event_id = ${snapshotEvents.table}.id)`;
  return delivered ? `NOT ${waiting}` : waiting;
}
