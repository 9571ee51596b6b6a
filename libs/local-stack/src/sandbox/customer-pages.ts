import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { parseForm } from './engine/form.ts';
import { parseJson } from './engine/stripe-routes.ts';
import type { Turn } from './engine/turn.ts';
import { changeCardInPortal, requirePortalSession } from './objects/billing-portal.ts';
import { requireSession } from './objects/checkout-session.ts';
import { beginCheckout, completeCheckout, enteredCard } from './objects/complete-checkout.ts';
import { testCards } from './objects/payment-method.ts';

const objectPath = z.object({ id: z.string() });

/** Stripe's own pages, as far as a customer of ours sees them: the checkout, and the card in the portal. */
export function addCustomerPages(server: FastifyInstance, act: <T>(change: (turn: Turn) => T) => T): void {
  const page = (
    path: string,
    heading: string,
    enter: (turn: Turn, id: string, card: string) => object,
    backOf: (turn: Turn, id: string) => string | null,
  ) => {
    server.get(path, (_request, reply) => sendCardPage(reply, heading));
    server.post(path, (request, reply) => {
      const { id } = objectPath.parse(request.params);
      const { card, fromPage } = entered(request);
      const changed = act((turn) => enter(turn, id, card));
      const back = fromPage ? act((turn) => backOf(turn, id)) : null;
      return back === null ? changed : reply.redirect(back, 303);
    });
  };
  server.post('/_sandbox/checkout/:id/begin', (request) => {
    const { id } = objectPath.parse(request.params);
    return act((turn) => beginCheckout(turn, id));
  });
  page('/_sandbox/checkout/:id', 'Subscribe', completeCheckout, (turn, id) => requireSession(turn, id).success_url);
  page(
    '/_sandbox/portal/:id',
    'Your card',
    changeCardInPortal,
    (turn, id) => requirePortalSession(turn, id).return_url,
  );
}

function entered(request: FastifyRequest): { card: string; fromPage: boolean } {
  const fromPage = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
  const text = String(request.body);
  return { ...enteredCard.parse(fromPage ? parseForm(text) : parseJson(text)), fromPage };
}

/** The test cards, each a button. */
function sendCardPage(reply: FastifyReply, heading: string): FastifyReply {
  const buttons = [...testCards.keys()].map((card) => `<button name="card" value="${card}">${card}</button>`);
  return reply
    .type('text/html; charset=utf-8')
    .send(`<!doctype html><html lang="en"><title>${heading}</title><h1>${heading}</h1>
<form method="post">${buttons.join(' ')}</form></html>`);
}
