import { cutoffOf, type EarningsLine, type Month } from '@wewrite/contracts';
import { RunFailure } from '../exit-codes.ts';
import type { CommunityEvent } from '../input/event.ts';
import { describeFault } from '../input/fault.ts';
import type { Change } from '../input/input.ts';
import { fileNames } from '../input/input-files.ts';
import { closeInstantOf } from '../input/replay.ts';
import { readClosedMonth, readLines } from '../report/read-month.ts';
import type { ReportMonth } from '../report/report.ts';
import { reportMonth } from '../report/report-month.ts';
import { startClose, whenReconciled } from './close-month.ts';
import { inParallel } from './in-parallel.ts';
import { loadCommunity, setAllocation } from './load-community.ts';
import { playEvent } from './play-event.ts';
import { resultLines } from './result-lines.ts';
import { stepLines } from './step-lines.ts';
import { parallelRequests, type World } from './world.ts';

/** What the story ends with. */
export interface Ending {
  readonly months: readonly ReportMonth[];
  readonly lines: readonly EarningsLine[];
}

const minuteMs = 60_000;

/**
 * Plays the whole story: the community subscribes and plans, changes and events come at their instants, each month's cutoff passes,
 * funding is completed, renewals are paid, and the month is closed. `wantLines` also reads every line.
 */
export async function playStory(world: World, { wantLines }: { wantLines: boolean }): Promise<Ending> {
  const { input, printer, steering } = world;
  if (input.afterLastClose > 0) {
    printer.say(`Changes and events after the last close, which are not applied: ${input.afterLastClose}.`);
  }
  await loadCommunity(world);
  const months: ReportMonth[] = [];
  const lines: EarningsLine[] = [];
  const timeline = timelineOf(input);
  for (const month of world.months) {
    printer.say(`\n${month}`);
    for (const { title, at } of milestonesOf(month)) {
      await playTimeline(world, takeBefore(timeline, at), month);
      await printer.step(title, async () => {
        await steering.stand(at);
        await steering.drain();
      });
    }
    // Those of this very instant come before the close; neither is of the month that it closes.
    await playTimeline(world, takeBefore(timeline, new Date(closeInstantOf(month).getTime() + 1)), month);
    months.push(await closeMonth(world, month));
    if (wantLines) for (const line of await readLines(world.api, world.tokens.admin, month)) lines.push(line);
  }
  return { months, lines };
}

function milestonesOf(month: Month): { title: string; at: Date }[] {
  const cutoff = cutoffOf(month);
  return [
    { title: 'cutoff, and renewals are drawn up', at: cutoff },
    { title: 'funding is completed', at: new Date(cutoff.getTime() + 30 * minuteMs) },
    { title: 'renewals are paid', at: new Date(cutoff.getTime() + 60 * minuteMs) },
    { title: 'the hour of the close', at: closeInstantOf(month) },
  ];
}

type Happening = { readonly change: Change } | { readonly event: CommunityEvent };

/** Changes and events in order of time; those of one instant in this order. */
function timelineOf({ changes, events }: Pick<World['input'], 'changes' | 'events'>): TimelineEntry[] {
  return [
    ...changes.map((change) => ({ at: change.at, change })),
    ...events.map((event) => ({ at: event.at, event })),
  ].sort((a, b) => a.at.getTime() - b.at.getTime());
}

type TimelineEntry = Happening & { readonly at: Date };

/** Takes what comes before an instant from the front. */
function takeBefore(timeline: TimelineEntry[], at: Date): TimelineEntry[] {
  const end = timeline.findIndex((entry) => entry.at >= at);
  return timeline.splice(0, end === -1 ? timeline.length : end);
}

/**
 * Plays a part of the timeline: changes of one instant all at once, but each supporter's in their order; then events, one
 * by one, each known everywhere before the next.
 */
async function playTimeline(world: World, part: readonly TimelineEntry[], month: Month): Promise<void> {
  if (part.length === 0) return;
  await world.printer.step(`changes and events (${month})`, async (show) => {
    let done = 0;
    for (const [instant, together] of Map.groupBy(part, (entry) => entry.at.getTime())) {
      await world.steering.stand(new Date(instant));
      const changes = together.flatMap((entry) => ('change' in entry ? [entry.change] : []));
      const bySupporter = Map.groupBy(changes, (change) => change.userId);
      await inParallel(bySupporter.values(), parallelRequests, async (own) => {
        for (const change of own) await playChange(world, change);
      });
      for (const entry of together) {
        if (!('event' in entry)) continue;
        await world.steering.drain();
        await playEvent(world, entry.event);
        await world.steering.drain();
      }
      done += together.length;
      show(`${done} of ${part.length}`);
    }
  });
}

async function playChange(world: World, change: Change): Promise<void> {
  await setAllocation(world, change).catch((error: unknown) => {
    const fault = { file: fileNames.changes, line: change.line, column: null, reason: 'the API refused this change' };
    throw new RunFailure(describeFault(fault), { cause: error });
  });
}

async function closeMonth(world: World, month: Month): Promise<ReportMonth> {
  const { api, tokens, input, printer, steering } = world;
  const progress = await printer.step(`close of ${month}`, async (show) => {
    await startClose(api, tokens.admin, month);
    return whenReconciled(api, tokens.admin, month, (now) => show(stepLines(now).join('\n')));
  });
  // Events that Stripe sends after the last step are heard too before time goes on.
  await steering.drain();
  const closed = await readClosedMonth(api, tokens.admin, month);
  const report = reportMonth(closed, progress, input.supporters.keys());
  for (const line of resultLines(report, progress)) printer.say(line);
  return report;
}
