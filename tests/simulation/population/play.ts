import { cutoffOf, type Month, type MonthProgress, MonthProgressSchema, nextMonth } from '@wewrite/contracts';
import { pathOf } from '../../../apps/cli/src/demo/api.ts';
import { chanceOf } from './chance.ts';
import { isOfAnyMoment, parts } from './parts.ts';
import type { Plot, PlottedAct, PlottedClose } from './plot.ts';
import { promised } from './promise.ts';
import { admin, type Scene } from './scene.ts';
import { type StripeFacts, stripeFacts } from './stripe-facts.ts';

/** What happens at an instant; of those of one instant in this order. */
interface Entry {
  readonly atMs: number;
  readonly play: () => Promise<void>;
}

/**
 * Plays a plot to its end: acts at their instants, the turns of months between them, closes, and what Stripe does meanwhile.
 * `look` is asked whether all is well before time passes.
 */
export async function play(scene: Scene, plot: Plot, look: () => Promise<void>): Promise<void> {
  const facts = stripeFacts(scene);
  await scene.stage.orderAtStripe('/_sandbox/topups', { amount: capitalCents });
  scene.record({ kind: 'topped_up', cents: capitalCents }, { outcome: 'accepted' });
  for (const { atMs, play: happen } of timelineOf(scene, plot, facts)) {
    if (atMs > scene.stage.now().getTime()) {
      await look();
      await passTo(scene, facts, atMs);
    }
    await happen();
  }
  await passTo(scene, facts, scene.stage.now().getTime() + sweptWithinMs);
  await everythingIsKnown(scene, facts);
}

/** What webhooks tell in the wrong order is put right by sweeps, each hour. */
const sweptWithinMs = 3_600_000;

/** The platform's own money: enough that no payout ever waits for it. */
const capitalCents = 10_000_000;
const minuteMs = 60_000;

function timelineOf(scene: Scene, plot: Plot, facts: StripeFacts): Entry[] {
  const entries: Entry[] = [
    ...turnsOf(plot).map((atMs): Entry => ({ atMs, play: () => everythingIsKnown(scene, facts) })),
    ...plot.acts.map((act): Entry => ({ atMs: Date.parse(act.at), play: () => playAct(scene, plot, facts, act) })),
    ...plot.rehearsals.map(
      ({ month, at }): Entry => ({ atMs: Date.parse(at), play: () => rehearse(scene, facts, month) }),
    ),
    ...plot.closes.map(
      (close): Entry => ({ atMs: Date.parse(close.at), play: () => playClose(scene, plot, facts, close) }),
    ),
  ];
  return entries.sort((a, b) => a.atMs - b.atMs);
}

/** Where time stops at a month's turn: its first instant, when funding is completed, when renewals are paid. */
function turnsOf({ months, closes }: Plot): number[] {
  const last = closes.at(-1)?.month ?? months[0];
  const turns: number[] = [];
  for (let month = months[0]; month <= last; month = nextMonth(month)) {
    const turnMs = cutoffOf(month).getTime();
    turns.push(turnMs, turnMs + 30 * minuteMs, turnMs + 60 * minuteMs);
  }
  return turns;
}

/** Stripe tries unpaid renewals again, and money becomes available, in the days between: each at its own time. */
async function passTo(scene: Scene, facts: StripeFacts, atMs: number): Promise<void> {
  await everythingIsKnown(scene, facts);
  await scene.moveClock(new Date(atMs));
  await facts.look();
}

async function everythingIsKnown(scene: Scene, facts: StripeFacts): Promise<void> {
  await scene.settle();
  await facts.look();
}

async function playAct(scene: Scene, { seed }: Plot, facts: StripeFacts, act: PlottedAct): Promise<void> {
  const { part } = parts[act.part];
  const isAlone = !isOfAnyMoment(act.part) || chanceOf(seed, `patience of ${act.name}`).percent(70);
  if (isAlone) await everythingIsKnown(scene, facts);
  const isDone = await part(scene, chanceOf(seed, act.name), act.who);
  scene.census.count('act', isDone ? act.part : `${act.part}, in vain`);
  if (isAlone) await everythingIsKnown(scene, facts);
}

async function rehearse(scene: Scene, facts: StripeFacts, month: Month): Promise<void> {
  const call = { as: admin, method: 'POST', path: pathOf('months', month, 'close') } as const;
  const answered = await scene.ask({ ...call, body: { kind: 'rehearsal' } });
  scene.record({ kind: 'close_asked', month, runKind: 'rehearsal' }, answered);
  await everythingIsKnown(scene, facts);
}

/** A close, with supporters who change their plans while it runs (A5), until it is over everywhere. */
async function playClose(scene: Scene, plot: Plot, facts: StripeFacts, close: PlottedClose): Promise<void> {
  const { month, meanwhile, isDoubled } = close;
  await everythingIsKnown(scene, facts);
  const ask = async () => {
    const answered = await scene.ask({ as: admin, method: 'POST', path: pathOf('months', month, 'close') });
    scene.record({ kind: 'close_asked', month, runKind: 'close' }, answered);
    return answered.outcome === 'accepted';
  };
  // Nobody has had a budget yet: there is nothing to close.
  if (!(await ask())) return;
  for (const act of meanwhile) {
    const chance = chanceOf(plot.seed, `moment of ${act.name}`);
    for (let steps = chance.between(0, 60); steps > 0; steps--) await scene.stage.step();
    await playAct(scene, plot, facts, act);
  }
  if (isDoubled) await ask();
  await everythingIsKnown(scene, facts);
  for (const closed of closedWith(plot, month)) {
    const progress = await readProgress(scene, closed);
    // A month before anybody had a budget is not closed with the others.
    if (progress === null && closed !== month) continue;
    promised(progress !== null, `B5: monitoring has heard nothing of the close of ${closed}.`);
    expectReconciled(progress);
    scene.record({ kind: 'month_settled', month: closed }, { outcome: 'accepted' });
  }
}

/** The month, and those before it that nobody had closed (A8). */
function closedWith({ months, closes }: Plot, month: Month): Month[] {
  const before = closes.filter((close) => close.month < month).at(-1)?.month;
  const closed: Month[] = [];
  const first = before === undefined ? months[0] : nextMonth(before);
  for (let each = first; each <= month; each = nextMonth(each)) closed.push(each);
  return closed;
}

async function readProgress(scene: Scene, month: Month): Promise<MonthProgress | null> {
  const answered = await scene.ask({ as: admin, method: 'GET', path: pathOf('months', month, 'progress') });
  return answered.outcome === 'accepted' ? MonthProgressSchema.parse(answered.body) : null;
}

function expectReconciled({
  month,
  reconciled,
  unexplainedCents,
  waitingFor,
  differences,
  steps,
}: MonthProgress): void {
  const open = steps
    .filter(({ state }) => state !== 'done')
    .map(({ step, done, expected }) => `${step} ${done}/${expected}`);
  promised(
    reconciled && unexplainedCents === 0,
    `B5: ${month} is not reconciled: ${JSON.stringify({ waitingFor, differences, open })}`,
  );
}
