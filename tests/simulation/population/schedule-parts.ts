import {
  AllocationScheduleSchema,
  AllocationSchedulesSchema,
  type Month,
  monthOf,
  nextMonth,
} from '@wewrite/contracts';
import { pathOf } from '../../../apps/cli/src/demo/api.ts';
import type { PlannedWish } from '../deed.ts';
import type { Chance } from './chance.ts';
import type { Part } from './part.ts';
import { anyResource, readPlan, wishFor } from './plan-parts.ts';
import { person, type Scene } from './scene.ts';

/** What supporters plan ahead (A9), think better of, and take back. */

export const makeSchedule: Part = async (scene, chance, userId) => {
  await planAhead(scene, userId, await plannedBy(scene, chance, userId));
  return true;
};

/** More for something through next month only, out of what is free, or is made free for it. */
export const planSpan: Part = async (scene, chance, userId) => {
  const room = await makeRoom(scene, chance, userId);
  if (room === null) return false;
  const usdCents = chance.between(1, room.freeCents);
  const fromMonth = nextMonth(monthOf(scene.stage.now()));
  await planAhead(scene, userId, {
    kind: 'add',
    resource: room.resource,
    usdCents,
    fromMonth,
    throughMonth: fromMonth,
  });
  return true;
};

/** All that is free is planned for next month, and then given at once: what was planned will not fit. */
export const planTooMuch: Part = async (scene, chance, userId) => {
  const room = await makeRoom(scene, chance, userId);
  if (room === null) return false;
  const { resource, standingCents, freeCents } = room;
  const fromMonth = nextMonth(monthOf(scene.stage.now()));
  const throughMonth = monthsLater(fromMonth, chance.between(0, 1));
  await planAhead(scene, userId, { kind: 'add', resource, usdCents: freeCents, fromMonth, throughMonth });
  await wishFor(scene, userId, { resource, usdCents: standingCents + freeCents });
  return true;
};

export const changeSchedule: Part = async (scene, chance, userId) => {
  const found = await scheduleOf(scene, chance, userId);
  if (found === null) return false;
  const { scheduleId, resourceType, resourceId } = found;
  const { resource: _other, ...wish } = await plannedBy(scene, chance, userId);
  const path = pathOf('schedules', scheduleId);
  const answered = await scene.ask({ as: person(userId), method: 'PUT', path, body: wish });
  const planned = { ...wish, resource: { resourceType, resourceId } };
  scene.record({ kind: 'schedule_changed', userId, scheduleId, planned }, answered);
  return true;
};

export const removeSchedule: Part = async (scene, chance, userId) => {
  const found = await scheduleOf(scene, chance, userId);
  if (found === null) return false;
  const { scheduleId } = found;
  const answered = await scene.ask({ as: person(userId), method: 'DELETE', path: pathOf('schedules', scheduleId) });
  scene.record({ kind: 'schedule_removed', userId, scheduleId }, answered);
  return true;
};

/** One of the supporter's, begun or not; null when there is none. */
async function scheduleOf(scene: Scene, chance: Chance, userId: string) {
  const { schedules } = await scene.read(person(userId), '/v1/schedules', AllocationSchedulesSchema);
  const planned = schedules.filter(({ state }) => state === 'planned');
  const chosen = planned.length > 0 && chance.percent(80) ? planned : schedules;
  return chosen.length === 0 ? null : chance.pick(chosen);
}

async function planAhead(scene: Scene, userId: string, planned: PlannedWish): Promise<void> {
  const { resource, ...wish } = planned;
  const body = { ...resource, ...wish };
  const answered = await scene.ask({ as: person(userId), method: 'POST', path: '/v1/schedules', body });
  const scheduleId = answered.outcome === 'accepted' ? AllocationScheduleSchema.parse(answered.body).scheduleId : null;
  scene.record({ kind: 'schedule_made', userId, scheduleId, planned }, answered);
}

/** Something that the supporter gives to, and what is free for it; where all is given, half of that is taken back. */
async function makeRoom(scene: Scene, chance: Chance, userId: string) {
  const { summary, allocations } = await readPlan(scene, userId);
  if (allocations.length === 0 || summary.overspentCents > 0) return null;
  const { resourceType, resourceId, usdCents } = chance.pick(allocations);
  const resource = { resourceType, resourceId };
  if (summary.availableCents > 0) return { resource, standingCents: usdCents, freeCents: summary.availableCents };
  const standingCents = Math.floor(usdCents / 2);
  await wishFor(scene, userId, { resource, usdCents: standingCents });
  return { resource, standingCents, freeCents: usdCents - standingCents };
}

/** From next month on, or the month after; at times of a month that runs already, which is refused. */
async function plannedBy(scene: Scene, chance: Chance, userId: string): Promise<PlannedWish> {
  const { summary } = await readPlan(scene, userId);
  const resource = anyResource(scene, chance);
  const running = monthOf(scene.stage.now());
  const fromMonth = chance.percent(5) ? running : monthsLater(running, chance.between(1, 2));
  const usdCents = chance.between(1, Math.max(1, Math.floor(summary.totalCents / 2)));
  if (chance.percent(50)) return { kind: 'set', resource, fromMonth, usdCents: chance.percent(15) ? 0 : usdCents };
  return { kind: 'add', resource, fromMonth, usdCents, throughMonth: monthsLater(fromMonth, chance.between(0, 1)) };
}

function monthsLater(month: Month, count: number): Month {
  return count === 0 ? month : monthsLater(nextMonth(month), count - 1);
}
