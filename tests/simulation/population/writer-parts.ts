import { MonthSchema, OpenedPayoutAccountSchema } from '@wewrite/contracts';
import { z } from 'zod';
import { pathOf } from '../../../apps/cli/src/demo/api.ts';
import type { Part } from './part.ts';
import { promised } from './promise.ts';
import { accepted, person, type Scene, site } from './scene.ts';

/** What happens to writers: by WeWrite's site, at Stripe's onboarding, and at their banks. */

/** Everything a writer has written is made known, and the payout account opened as far as it is to be. */
export const arrive: Part = async (scene, _chance, writerId) => {
  const writer = scene.town.writers.find(({ userId }) => userId === writerId);
  if (writer === undefined) return false;
  for (const resource of writer.resources) {
    const path = pathOf('resources', resource.resourceType, resource.resourceId);
    const body = { ownerUserId: writerId, title: `${resource.resourceId}, by ${writerId}` };
    const answered = await scene.ask({ as: site, method: 'PUT', path, body });
    scene.record({ kind: 'resource_registered', resource, ownerUserId: writerId }, answered);
  }
  if (writer.account !== 'none') await becomeAbleToReceive(scene, writerId, writer.account);
  return true;
};

/** Stripe is content with the writer's account, or no more; the first time opens one. */
export const changeAccount: Part = async (scene, chance, writerId) => {
  await becomeAbleToReceive(scene, writerId, chance.percent(55) ? 'ready' : 'restricted');
  return true;
};

export const setWriterState: Part = async (scene, chance, writerId) => {
  const last = scene.deeds.findLast((deed) => deed.kind === 'writer_state_set' && deed.writerId === writerId);
  const isOpen = last?.kind !== 'writer_state_set' || last.state === 'open';
  const state = chance.percent(isOpen ? 20 : 75) ? 'open' : chance.pick(['inactive', 'blocked', 'closed'] as const);
  const path = pathOf('writers', writerId);
  const answered = await scene.ask({ as: site, method: 'PUT', path, body: { state } });
  scene.record({ kind: 'writer_state_set', writerId, state }, answered);
  return true;
};

/** One of the writer's works passes to another writer. */
export const handOver: Part = async (scene, chance, writerId) => {
  const writer = scene.town.writers.find(({ userId }) => userId === writerId);
  const heirs = scene.town.writers.filter(({ userId }) => userId !== writerId);
  if (writer === undefined || heirs.length === 0) return false;
  const resource = chance.pick(writer.resources);
  const { userId: ownerUserId } = chance.pick(heirs);
  const path = pathOf('resources', resource.resourceType, resource.resourceId);
  const body = { ownerUserId, title: 'Handed over' };
  const answered = await scene.ask({ as: site, method: 'PUT', path, body });
  scene.record({ kind: 'resource_registered', resource, ownerUserId }, answered);
  return true;
};

const metadata = z.object({ month: MonthSchema, writer: z.string() });
const SentSchema = z.array(z.object({ id: z.string(), status: z.string(), metadata }));
const TransfersSchema = z.array(z.object({ id: z.string(), reversed: z.boolean(), metadata }));

/** A bank sends a payout back, or a transfer is reversed: the writer's, or somebody's. */
export const returnPayout: Part = async (scene, chance, anyWriterId) => {
  const payments = SentSchema.parse(await scene.stage.heldAtStripe('outbound_payment'));
  const transfers = TransfersSchema.parse(await scene.stage.heldAtStripe('transfer'));
  const posted = payments.filter(({ status }) => status === 'posted');
  const made = transfers.filter(({ reversed }) => !reversed);
  const paid = [...posted, ...made];
  const own = paid.filter((payment) => payment.metadata.writer === anyWriterId);
  if (paid.length === 0) return false;
  const returned = chance.pick(own.length > 0 ? own : paid);
  if ('reversed' in returned) await scene.stage.stripe.transfers.createReversal(returned.id);
  else await scene.stage.orderAtStripe(`/_sandbox/outbound_payments/${returned.id}`, { outcome: 'returned' });
  const { writer: writerId, month } = returned.metadata;
  scene.record({ kind: 'payout_came_back', writerId, month }, accepted);
  return true;
};

async function becomeAbleToReceive(scene: Scene, writerId: string, state: 'ready' | 'restricted'): Promise<void> {
  const answered = await scene.ask({ as: person(writerId), method: 'POST', path: '/v1/payout-account' });
  promised(answered.outcome === 'accepted', 'D1: a writer can open a payout account.');
  const { accountId } = OpenedPayoutAccountSchema.parse(answered.body);
  promised(accountId !== null, 'D1: an account that was opened has an id.');
  await scene.stage.orderAtStripe(`/_sandbox/onboarding/${encodeURIComponent(accountId)}`, { outcome: state });
  scene.record({ kind: 'payout_account_became', writerId, state }, accepted);
}
