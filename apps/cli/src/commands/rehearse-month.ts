import { setTimeout as delay } from 'node:timers/promises';
import {
  type Month,
  MonthCloseSchema,
  type MonthProgress,
  MonthProgressSchema,
  type RehearsalReport,
  RehearsalReportSchema,
  type RehearsedPayout,
  RehearsedPayoutPageSchema,
} from '@wewrite/contracts';
import { type Api, ApiFailure, pathOf } from '../demo/api.ts';
import { reasonOf } from '../demo/close-month.ts';
import { stepLines } from '../demo/step-lines.ts';
import { RunFailure } from '../exit-codes.ts';
import { count, dollars, printerFor } from '../printer.ts';

const lookEveryMs = 100;
/** Longer than a killed consumer's partitions stay with it. */
const motionlessMs = 150_000;

/** Has a month's close rehearsed, waits for it, and shows its report. Throws when services differ. */
export async function rehearseMonth(
  { api, token }: { readonly api: Api; readonly token: string },
  month: Month,
  { json }: { readonly json: boolean },
): Promise<void> {
  const rehearse = (onChange: (progress: MonthProgress) => void) => rehearseUntilDone(api, token, { month, onChange });
  const report = json
    ? await rehearse(() => undefined)
    : await printerFor(process.stdout).step(`rehearsal of ${month}`, (look) =>
        rehearse((now) => look(stepLines(now).join('\n'))),
      );
  const writers = await readWriters(api, token, report);
  const lines = [...reportLines(report), ...writers.map(writerLine)];
  process.stdout.write(`${json ? JSON.stringify({ ...report, writers }) : lines.join('\n')}\n`);
  if (report.differences.length > 0) throw new RunFailure(`${month}: ${report.unexplainedCents} ¢ differ.`);
}

async function rehearseUntilDone(
  api: Api,
  token: string,
  { month, onChange }: { month: Month; onChange: (progress: MonthProgress) => void },
): Promise<RehearsalReport> {
  const body = { kind: 'rehearsal' };
  const path = pathOf('months', month, 'close');
  const { runId } = await api.ask({ method: 'POST', path, token, body, answer: MonthCloseSchema });
  let before = '';
  for (let movedAt = performance.now(); ; await delay(lookEveryMs)) {
    const progress = await readRehearsal(api, token, month);
    const picture = JSON.stringify(progress);
    if (picture !== before) movedAt = performance.now();
    if (progress !== null && picture !== before) onChange(progress);
    before = picture;
    // Run ids rise with time: one that is higher is another's rehearsal, and has taken the place of this one.
    if (progress !== null && progress.runId > runId) throw new RunFailure(`another rehearsal of ${month} has begun.`);
    if (progress?.runId === runId && progress.state !== 'running') break;
    if (performance.now() - movedAt > motionlessMs) {
      throw new RunFailure(`the rehearsal of ${month} does not move any more: ${reasonOf(progress)}`);
    }
  }
  return api.ask({
    method: 'GET',
    path: pathOf('months', month, 'rehearsal'),
    token,
    answer: RehearsalReportSchema,
  });
}

/** What each writer would be paid, or why not: all pages of it. */
async function readWriters(
  api: Api,
  token: string,
  { month, runId }: RehearsalReport,
): Promise<readonly RehearsedPayout[]> {
  const writers: RehearsedPayout[] = [];
  for (let query = ''; ; ) {
    const path = `${pathOf('months', month, 'rehearsed-payouts')}${query}`;
    const page = await api.ask({ method: 'GET', path, token, answer: RehearsedPayoutPageSchema });
    if (page.runId !== runId) throw new RunFailure(`another rehearsal of ${month} has begun.`);
    writers.push(...page.writers);
    if (page.nextCursor === null) return writers;
    query = `?${new URLSearchParams({ cursor: page.nextCursor })}`;
  }
}

/** Null while monitoring has heard of no rehearsal of the month. */
async function readRehearsal(api: Api, token: string, month: Month): Promise<MonthProgress | null> {
  const path = `${pathOf('months', month, 'progress')}?kind=rehearsal`;
  try {
    return await api.ask({ method: 'GET', path, token, answer: MonthProgressSchema });
  } catch (error) {
    if (error instanceof ApiFailure && error.problem?.code === 'not_found') return null;
    throw error;
  }
}

/** The report for people. */
export function reportLines({ month, totals, payouts, unusual, balances, ...found }: RehearsalReport): string[] {
  const share = unusual.unallocatedBasisPoints === null ? '' : ` (${unusual.unallocatedBasisPoints / 100} %)`;
  return [
    `rehearsal of ${month}: ${found.unexplainedCents} ¢ differ`,
    `budgets     ${dollars(totals.paidCents)} of ${count(totals.supporters)} supporters`,
    `funded      ${dollars(totals.fundedCents)} in ${count(totals.lines)} lines`,
    `unallocated ${dollars(totals.unallocatedCents)}${share}`,
    `unfunded    ${dollars(totals.unfundedCents)}, ${count(unusual.overspentSupporters)} supporters overspent`,
    `earnings    ${dollars(totals.netCents)} of ${count(totals.writers)} writers, fees ${dollars(totals.feeCents)}`,
    `payouts     ${count(payouts.payouts)} of ${dollars(payouts.netCents)} in all`,
    ...payouts.skipped.map(
      ({ reason, writers, payableCents }) =>
        `not paid    ${count(writers)} ${reason}: ${dollars(payableCents)} carried over`,
    ),
    ...unusual.risenWriters.map(
      ({ userId, netCents, lastMonthCents }) =>
        `unusual     ${userId}: ${dollars(netCents)} after ${dollars(lastMonthCents)} last month`,
    ),
    ...unusual.newWriters.map(
      ({ userId, netCents }) => `unusual     ${userId}: ${dollars(netCents)} after nothing last month`,
    ),
    `lapsed      ${count(unusual.lapsedSupporters)} supporters who paid last month`,
    balances.suffice
      ? `balances    suffice for the ${dollars(balances.obligationsCents)} then owed`
      : `balances    ${dollars(balances.shortfallCents)} short, ${dollars(balances.pendingCents)} pending`,
    ...(found.budgetChangesUnderWay === 0
      ? []
      : [`under way   ${count(found.budgetChangesUnderWay)} changes of budgets: what was paid is not compared`]),
    ...found.differences.map(
      ({ name, leftCents, rightCents }) => `differs     ${name}: ${leftCents} ≠ ${rightCents} ¢`,
    ),
  ];
}

function writerLine({ userId, reason, payableCents, processingFeeCents, netCents }: RehearsedPayout): string {
  return reason === null
    ? `pays        ${userId}: ${dollars(netCents)} after ${dollars(processingFeeCents)} fee`
    : `keeps       ${userId}: ${dollars(payableCents)}, ${reason}`;
}
