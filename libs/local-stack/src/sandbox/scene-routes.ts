import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { addCustomerPages } from './customer-pages.ts';
import { parseForm } from './engine/form.ts';
import type { Store } from './engine/store.ts';
import { parseJson } from './engine/stripe-routes.ts';
import type { Turn } from './engine/turn.ts';
import { collections } from './objects/catalogue.ts';
import { invoiceScene, playInvoiceScene } from './objects/chase-invoice.ts';
import {
  disputeEvidence,
  disputeOrder,
  disputePayment,
  endDispute,
  fraudWarningOrder,
  warnOfFraud,
} from './objects/dispute-charge.ts';
import { endOutboundPayment, outboundPaymentOutcome } from './objects/end-outbound-payment.ts';
import {
  changeFinancialAccount,
  financialAccountChange,
  financialAccountOrder,
  openFinancialAccount,
} from './objects/financial-account.ts';
import { endOnboarding, onboardingOrder } from './objects/onboarding.ts';
import { endRefund, refundOutcome } from './objects/send-refund.ts';
import { endPayout, payoutOutcome } from './objects/settle-payout.ts';
import { storageFeeOrder, takeStorageFee } from './objects/storage-fee.ts';
import { topUp, topupOrder } from './objects/topup.ts';

const accountPath = z.object({ account: z.string() });
const objectPath = z.object({ id: z.string() });
const onboardingQuery = z.object({ return_url: z.url().optional() });
const stateQuery = z.object({ object: z.string().optional() });
const everything = 1_000_000;

interface Scene {
  readonly store: Store;
  /** Runs a change at the clock's time, committed, with its events on their way. */
  readonly act: <T>(change: (turn: Turn) => T) => T;
}

/**
 * What happens at Stripe without a call of the API: the platform's bank sends money, a writer goes through onboarding,
 * somebody opens a financial account, a bank refuses.
 */
export function addSceneRoutes(server: FastifyInstance, scene: Scene): void {
  addStorageScenes(server, scene);
  addDisputeScenes(server, scene);
  addCustomerPages(server, scene.act);
  const { store, act } = scene;
  server.post('/_sandbox/topups', (request) => {
    const order = topupOrder.parse(parseJson(String(request.body)));
    return act((turn) => topUp(turn, order));
  });

  server.post('/_sandbox/onboarding/:account', (request, reply) => {
    const { account } = accountPath.parse(request.params);
    const fromPage = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
    const text = String(request.body);
    const { outcome } = onboardingOrder.parse(fromPage ? parseForm(text) : parseJson(text));
    const onboarded = act((turn) => endOnboarding(turn, account, outcome));
    const { return_url: back } = onboardingQuery.parse(request.query);
    return fromPage && back !== undefined ? reply.redirect(back, 303) : onboarded;
  });
  server.get('/_sandbox/onboarding/:account', (_request, reply) => sendOnboardingPage(reply));

  server.get('/_sandbox/state', (request) => {
    const { object } = stateQuery.parse(request.query);
    const chosen = collections.filter(({ table }) => object === undefined || table === object);
    return Object.fromEntries(
      chosen.map((collection) => [
        collection.table,
        // Events repeat every object as it was: they come only when they are asked for.
        object === undefined && /event$/.test(collection.table)
          ? { count: store.count(collection) }
          : heldIn(store, collection.table),
      ]),
    );
  });
}

/** All objects of a kind, newest first. */
export function heldIn(store: Store, kind: string): readonly object[] {
  const collection = collections.find(({ table }) => table === kind);
  if (collection === undefined) throw new Error(`the sandbox holds no ${kind}`);
  return store.list(collection, {}, everything);
}

function addDisputeScenes(server: FastifyInstance, { act }: Scene): void {
  server.post('/_sandbox/disputes', (request) => {
    const order = disputeOrder.parse(parseJson(String(request.body)));
    return act((turn) => disputePayment(turn, order));
  });
  server.post('/_sandbox/disputes/:id', (request) => {
    const { id } = objectPath.parse(request.params);
    const evidence = disputeEvidence.parse(parseJson(String(request.body)));
    return act((turn) => endDispute(turn, id, evidence));
  });
  server.post('/_sandbox/early_fraud_warnings', (request) => {
    const order = fraudWarningOrder.parse(parseJson(String(request.body)));
    return act((turn) => warnOfFraud(turn, order));
  });
}

function addStorageScenes(server: FastifyInstance, { act }: Scene): void {
  /** `POST {path}`: a change to the object that the path names, ordered by the body. */
  const onObject = <Order>(
    path: string,
    order: z.ZodType<Order>,
    change: (turn: Turn, id: string, order: Order) => object,
  ) =>
    server.post(path, (request) => {
      const { id } = objectPath.parse(request.params);
      const ordered = order.parse(parseJson(String(request.body)));
      return act((turn) => change(turn, id, ordered));
    });
  server.post('/_sandbox/financial_accounts', (request) => {
    const order = financialAccountOrder.parse(parseJson(String(request.body)));
    return act((turn) => openFinancialAccount(turn, order));
  });
  onObject('/_sandbox/invoices/:id', invoiceScene, (turn, id, { scene }) => playInvoiceScene(turn, id, scene));
  onObject('/_sandbox/financial_accounts/:id', financialAccountChange, changeFinancialAccount);
  onObject('/_sandbox/financial_accounts/:id/fees', storageFeeOrder, takeStorageFee);
  onObject('/_sandbox/refunds/:id', refundOutcome, endRefund);
  onObject('/_sandbox/payouts/:id', payoutOutcome, (turn, id, { outcome }) => endPayout(turn, id, outcome));
  onObject('/_sandbox/outbound_payments/:id', outboundPaymentOutcome, (turn, id, { outcome }) =>
    endOutboundPayment(turn, id, outcome),
  );
}

/** Where an account link leads: the sandbox asks for nothing but the outcome. */
function sendOnboardingPage(reply: FastifyReply): FastifyReply {
  const button = (outcome: string, label: string) => `<button name="outcome" value="${outcome}">${label}</button>`;
  const buttons = `${button('ready', 'Complete onboarding')} ${button('restricted', 'Leave it incomplete')}`;
  return reply
    .type('text/html; charset=utf-8')
    .send(`<!doctype html><html lang="en"><title>Onboarding</title><h1>Payout account</h1>
<form method="post">${buttons}</form></html>`);
}
