import {
  EarningsMonthSchema,
  type Hold,
  HoldSchema,
  HoldsPageSchema,
  lineIdOf,
  type Month,
  monthOf,
  ObligationsSchema,
  QuestionSchema,
  QuestionsPageSchema,
} from '@wewrite/contracts';
import { z } from 'zod';
import { pathOf } from '../../../apps/cli/src/demo/api.ts';
import type { Deed } from '../deed.ts';
import type { Chance } from './chance.ts';
import type { Part } from './part.ts';
import { readPlan } from './plan-parts.ts';
import { admin, person, type Scene } from './scene.ts';
import { worksIn } from './works.ts';

/** What people ask the platform's desk, and what is done there. */

const reason = 'It was doubted in the simulation.';

export const askQuestion: Part = async (scene, chance, userId) => {
  const lineId = await lineOf(scene, chance, userId);
  return lineId !== null && ask(scene, userId, lineId);
};

/** A writer knows lines by their keys only (C4). */
export const askAboutEarnings: Part = async (scene, chance, writerId) => {
  const month = lastSettledMonth(scene.deeds);
  if (month === null) return false;
  const answered = await scene.ask({ as: person(writerId), method: 'GET', path: pathOf('earnings', month) });
  const lines = answered.outcome === 'accepted' ? EarningsMonthSchema.parse(answered.body).lines : [];
  return lines.length > 0 && ask(scene, writerId, chance.pick(lines).lineKey);
};

export const answerQuestion: Part = async (scene, chance) => {
  const { questions } = await scene.read(admin, '/v1/questions', QuestionsPageSchema);
  if (questions.length === 0) return false;
  const { questionId } = chance.pick(questions);
  const path = `${pathOf('questions', questionId)}/answer`;
  const answered = await scene.ask({ as: admin, method: 'POST', path, body: { text: 'It is.' } });
  scene.record({ kind: 'question_answered', questionId }, answered);
  return true;
};

/**
 * Of a line, or of a writer's whole month: mostly of somebody who is owed something, so that it keeps something back; at times
 * of what is held already, or of which nothing is left.
 */
export const placeHold: Part = async (scene, chance, anyWriterId) => {
  const month = lastSettledMonth(scene.deeds);
  if (month === null) return false;
  const { writers } = await scene.read(admin, '/v1/obligations', ObligationsSchema);
  const owed = writers.filter(({ payableCents }) => payableCents > 0).map(({ userId }) => userId);
  const writerId = owed.length > 0 && chance.percent(75) ? chance.pick(owed) : anyWriterId;
  const lines = linesOf(scene, month, writerId);
  const lineId = lines.length > 0 && chance.percent(50) ? chance.pick(lines) : null;
  const body = lineId === null ? { month, recipientUserId: writerId, reason } : { line: lineId, reason };
  const answered = await scene.ask({ as: admin, method: 'POST', path: '/v1/holds', body });
  const holdId = answered.outcome === 'accepted' ? HoldSchema.parse(answered.body).holdId : null;
  scene.record({ kind: 'hold_placed', holdId, writerId, month, lineId }, answered);
  return true;
};

export const releaseHold: Part = (scene, chance) => endHold(scene, chance, 'release');

export const reverseHold: Part = (scene, chance) => endHold(scene, chance, 'reverse');

/** Of somebody who owes, if there is one; at times of somebody who does not, which is refused. */
export const writeOff: Part = async (scene, chance, anyWriterId) => {
  const { writers } = await scene.read(admin, '/v1/obligations', ObligationsSchema);
  const owing = writers.filter(({ receivableCents }) => receivableCents > 0).map(({ userId }) => userId);
  const writerId = owing.length > 0 && chance.percent(90) ? chance.pick(owing) : anyWriterId;
  const cents = chance.percent(50) ? null : chance.between(1, 300);
  const body = { reason, ...(cents === null ? {} : { amountCents: cents }) };
  const path = `${pathOf('obligations', writerId)}/write-off`;
  const answered = await scene.ask({ as: admin, method: 'POST', path, body });
  scene.record({ kind: 'written_off', writerId, cents }, answered);
  return true;
};

/** An operator has the month's payouts gone on with. */
export const resumePayouts: Part = async (scene) => {
  const month = lastSettledMonth(scene.deeds);
  if (month === null) return false;
  await scene.ask({ as: admin, method: 'POST', path: pathOf('months', month, 'payouts') });
  return true;
};

/** The renewals of the running month are held against Stripe's, once more (E6). */
export const sweepRenewals: Part = async (scene) => {
  const month = monthOf(scene.stage.now());
  const answered = await scene.ask({ as: admin, method: 'POST', path: pathOf('months', month, 'sweep') });
  scene.record({ kind: 'sweep_asked', month }, answered);
  return true;
};

const EventsSchema = z.object({ events: z.array(z.object({ eventId: z.string(), type: z.string() })) });

/** An event that was applied long ago is applied again, as after a webhook that Stripe repeats (E2). */
export const repeatEvent: Part = async (scene, chance) => {
  const { events } = await scene.read(admin, '/v1/stripe-events?limit=200', EventsSchema);
  if (events.length === 0) return false;
  const { eventId, type: eventType } = chance.pick(events);
  const path = `${pathOf('stripe-events', eventId)}/replay`;
  const answered = await scene.ask({ as: admin, method: 'POST', path });
  scene.record({ kind: 'webhook_repeated', eventType, times: 1 }, answered);
  return true;
};

/** The last month whose close is over; null before the first. One whose payout was held may be over after a later one. */
export function lastSettledMonth(deeds: readonly Deed[]): Month | null {
  const settled = deeds.flatMap((deed) => (deed.kind === 'month_settled' ? [deed.month] : []));
  return settled.sort().at(-1) ?? null;
}

async function endHold(scene: Scene, chance: Chance, how: 'release' | 'reverse'): Promise<boolean> {
  const { holds } = await scene.read(admin, '/v1/holds', HoldsPageSchema);
  const held = holds.filter(({ state }) => state === 'held');
  const chosen: readonly Hold[] = held.length > 0 && chance.percent(90) ? held : holds;
  if (chosen.length === 0) return false;
  const { holdId } = chance.pick(chosen);
  const path = `${pathOf('holds', holdId)}/${how}`;
  const answered = await scene.ask({ as: admin, method: 'POST', path, body: { reason } });
  scene.record({ kind: how === 'release' ? 'hold_released' : 'hold_reversed', holdId }, answered);
  return true;
}

async function ask(scene: Scene, userId: string, lineId: string): Promise<boolean> {
  const body = { line: lineId, text: 'Is this right?' };
  const answered = await scene.ask({ as: person(userId), method: 'POST', path: '/v1/questions', body });
  const questionId = answered.outcome === 'accepted' ? QuestionSchema.parse(answered.body).questionId : null;
  scene.record({ kind: 'question_asked', userId, lineId, questionId }, answered);
  return true;
}

/** A line of the supporter's last settled month, as far as the plan tells by now; at times one that there never was. */
async function lineOf(scene: Scene, chance: Chance, userId: string): Promise<string | null> {
  const month = lastSettledMonth(scene.deeds);
  const works = worksIn(scene.deeds);
  if (month === null || works.length === 0) return null;
  const { allocations } = await readPlan(scene, userId);
  const isKnown = allocations.length > 0 && chance.percent(80);
  const { resourceType, resourceId } = isKnown ? chance.pick(allocations) : chance.pick(works).resource;
  return lineIdOf(userId, { resourceType, resourceId }, month);
}

/** The ids of the lines that the writer may have in a month: one for each supporter and work. */
function linesOf({ town, deeds }: Scene, month: Month, writerId: string): string[] {
  const works = worksIn(deeds).filter(({ ownerUserId }) => ownerUserId === writerId);
  return town.supporters.flatMap(({ userId }) => works.map(({ resource }) => lineIdOf(userId, resource, month)));
}
