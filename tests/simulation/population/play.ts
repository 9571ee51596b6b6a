import { cutoffOf, type Month, type MonthProgress, MonthProgressSchema, monthOf, nextMonth } from '@wewrite/contracts';
import { pathOf } from '../../../apps/cli/src/demo/api.ts';
import { chanceOf } from './chance.ts';
import { coverRefunds, plentyCents, topUp, untilFunded, untilPayable } from './funds.ts';
import { isFirstOfAll, isOfAnyMoment, parts } from './parts.ts';
import { orderHeldPayout } from './payout-parts.ts';
import { heldPayouts } from './payouts-under-way.ts';
import type { Plot, PlottedClose } from './plot.ts';
import type { PlottedAct } from './plotted-act.ts';
import { promised } from './promise.ts';
import { admin, type Scene } from './scene.ts';
import { isRenewalOpen, type StripeFacts, stripeFacts } from './stripe-facts.ts';

/** What happens at an instant; of those of one instant in this order. */
interface Entry {
  readonly atMs: number;
  readonly play: () => Promise<void>;
}

/** Who looks whether all is well. */
export interface Looks {
  /** Before time passes, whatever is under way. */
  readonly safety: () => Promise<void>;
  /** When everything is known everywhere: before time passes, and after a close. */
  readonly books: () => Promise<void>;
}

/** Plays a plot to its end: acts at their instants, the turns of months between them, closes, and what Stripe does meanwhile. */
export async function play(scene: Scene, plot: Plot, looks: Looks): Promise<void> {
  const facts = stripeFacts(scene);
  await topUp(scene, plot.capitalCents);
  for (const { atMs, play: happen } of timelineOf(scene, plot, facts, looks)) {
    if (atMs > scene.stage.now().getTime()) {
      await looks.safety();
      await everythingIsKnown(scene, facts);
      await looks.books();
      await passTo(scene, facts, atMs);
    }
    await happen();
  }
  if (plot.capitalCents < plentyCents) await topUp(scene, plentyCents);
  await releaseAll(scene, facts);
  await passTo(scene, facts, scene.stage.now().getTime() + sweptWithinMs);
  await everythingIsKnown(scene, facts);
}

/** What webhooks tell in the wrong order is put right by sweeps, each hour. */
const sweptWithinMs = 3_600_000;

const minuteMs = 60_000;

function timelineOf(scene: Scene, plot: Plot, facts: StripeFacts, looks: Looks): Entry[] {
  const ofActs = (acts: readonly PlottedAct[]) =>
    acts.map((act): Entry => ({ atMs: Date.parse(act.at), play: () => playAct(scene, plot, facts, act) }));
  const entries: Entry[] = [
    ...ofActs(plot.acts.filter(({ part }) => isFirstOfAll(part))),
    ...turnsOf(plot).map((atMs): Entry => ({ atMs, play: () => everythingIsKnown(scene, facts) })),
    ...ofActs(plot.acts.filter(({ part }) => !isFirstOfAll(part))),
    ...plot.rehearsals.map(
      ({ month, at }): Entry => ({ atMs: Date.parse(at), play: () => rehearse(scene, facts, month) }),
    ),
    ...plot.closes.map(
      (close): Entry => ({
        atMs: Date.parse(close.at),
        play: async () => {
          await playClose(scene, plot, facts, close);
          await looks.books();
        },
      }),
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

/**
 * Stripe tries unpaid renewals again, and money becomes available, in the days between: each at its own time. What becomes of a
 * renewal is known before the next month turns, and its plans with it (A9).
 */
async function passTo(scene: Scene, facts: StripeFacts, atMs: number): Promise<void> {
  await everythingIsKnown(scene, facts);
  const now = scene.stage.now();
  const lastMinuteMs = cutoffOf(monthOf(now)).getTime() - minuteMs;
  if (now.getTime() < lastMinuteMs && lastMinuteMs < atMs && (await isRenewalOpen(scene.stage))) {
    await scene.moveClock(new Date(lastMinuteMs));
    await everythingIsKnown(scene, facts);
  }
  await scene.moveClock(new Date(atMs));
  await facts.look();
}

async function everythingIsKnown(scene: Scene, facts: StripeFacts): Promise<void> {
  do {
    await scene.settle();
    await facts.look();
  } while (await coverRefunds(scene));
}

async function playAct(scene: Scene, { seed }: Plot, facts: StripeFacts, act: PlottedAct): Promise<void> {
  const isAlone = !isOfAnyMoment(act.part) || chanceOf(seed, `patience of ${act.name}`).percent(70);
  if (isAlone && !isFirstOfAll(act.part)) await everythingIsKnown(scene, facts);
  await doAct(scene, { seed }, act);
  if (!isAlone) return;
  await everythingIsKnown(scene, facts);
  await settleHeldMonths(scene);
}

async function doAct(scene: Scene, { seed }: Pick<Plot, 'seed'>, act: PlottedAct): Promise<void> {
  const isDone = await parts[act.part].part(scene, chanceOf(seed, act.name), act.who);
  scene.census.count('act', isDone ? act.part : `${act.part}, in vain`);
}

/** What an operator has kept back is sent. */
async function releaseAll(scene: Scene, facts: StripeFacts): Promise<void> {
  for (const held of heldPayouts(scene.deeds)) await orderHeldPayout(scene, held, 'release');
  await everythingIsKnown(scene, facts);
  await settleHeldMonths(scene);
}

async function rehearse(scene: Scene, facts: StripeFacts, month: Month): Promise<void> {
  const call = { as: admin, method: 'POST', path: pathOf('months', month, 'close') } as const;
  const answered = await scene.ask({ ...call, body: { kind: 'rehearsal' } });
  scene.record({ kind: 'close_asked', month, runKind: 'rehearsal' }, answered);
  await everythingIsKnown(scene, facts);
}

/**
 * A close, with supporters who change their plans while it runs (A5) and with what befalls its payouts, until it is over
 * everywhere, but for payouts that an operator keeps back.
 */
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
    const isOfPlan = isOfAnyMoment(act.part);
    for (let steps = isOfPlan ? chance.between(0, 60) : 0; steps > 0; steps--) await scene.stage.step();
    await doAct(scene, plot, act);
  }
  if (isDoubled) await ask();
  if (plot.escrow === 'connect') await untilPayable(scene, month);
  await everythingIsKnown(scene, facts);
  const ofFunds = chanceOf(plot.seed, `funds of ${month}`);
  await untilFunded(scene, ofFunds, async (instantMs) => {
    await passTo(scene, facts, instantMs);
    await everythingIsKnown(scene, facts);
  });
  for (const closed of closedWith(plot, month)) {
    const progress = await readProgress(scene, closed);
    // A month before anybody had a budget is not closed with the others.
    if (progress === null && closed !== month) continue;
    promised(progress !== null, `B5: monitoring has heard nothing of the close of ${closed}.`);
    if (isHeld(scene, closed)) {
      promised(!progress.reconciled, `B5: ${closed} is reconciled, and a payout of it is held.`);
      continue;
    }
    settle(scene, progress);
  }
}

/** Months that waited for payouts that were kept back, and do so no more. */
async function settleHeldMonths(scene: Scene): Promise<void> {
  const isOpen = (month: Month) => scene.deeds.every((deed) => deed.kind !== 'month_settled' || deed.month !== month);
  const withHeld = new Set(scene.deeds.flatMap((deed) => (deed.kind === 'payout_held' ? [deed.month] : [])));
  for (const month of withHeld) {
    if (!isOpen(month) || isHeld(scene, month)) continue;
    const progress = await readProgress(scene, month);
    promised(progress !== null, `B5: monitoring has heard nothing of the close of ${month}.`);
    settle(scene, progress);
  }
}

function isHeld({ deeds }: Scene, month: Month): boolean {
  return heldPayouts(deeds).some((held) => held.month === month);
}

function settle(scene: Scene, progress: MonthProgress): void {
  expectReconciled(progress);
  scene.record({ kind: 'month_settled', month: progress.month }, { outcome: 'accepted' });
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
