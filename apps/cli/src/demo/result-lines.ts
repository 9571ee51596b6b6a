import type { MonthProgress } from '@wewrite/contracts';
import { count, dollars } from '../printer.ts';
import type { ReportMonth } from '../report/report.ts';

const labelWidth = 16;

/** A month's result for people. The last line is what it is all about. */
export function resultLines(report: ReportMonth, progress: MonthProgress): string[] {
  const paid = report.writers.filter(({ payoutStatus }) => payoutStatus === 'paid').length;
  const failed = report.writers.filter(({ payoutStatus }) => payoutStatus === 'failed').length;
  const rows: [string, string][] = [
    ['budget', `${dollars(report.budgetCents)} of ${count(report.supporters.length)} supporters`],
    ['funded', `${dollars(report.fundedCents)}; ${dollars(report.unfundedCents)} of wishes unfunded`],
    ['unallocated', dollars(report.unallocatedCents)],
    ['platform fee', dollars(report.platformFeeCents)],
    [
      'earnings',
      `${dollars(report.netCents)} net of ${dollars(report.grossCents)} for ${count(report.writers.length)} writers`,
    ],
    [
      'paid',
      `${dollars(report.payoutNetCents)} to ${count(paid)} writers, after ${dollars(report.processingFeeCents)} processing fees`,
    ],
    ['carried over', dollars(report.carriedOverCents)],
    ...(failed === 0 ? [] : [['failed', `${count(failed)} payouts`] satisfies [string, string]]),
    ['not paid', reasonsOf(report)],
    ['steps', progress.steps.map(({ step, durationMs }) => `${step} ${durationMs ?? 0} ms`).join(', ')],
    ['trace', report.traceId],
  ];
  return [
    ...rows.map(([label, text]) => `  ${label.padEnd(labelWidth)}${text}`),
    `month ${report.month}: ${report.unexplainedCents} ¢ unexplained`,
  ];
}

function reasonsOf({ writers }: ReportMonth): string {
  const counts = new Map<string, number>();
  for (const { payoutReason } of writers) {
    if (payoutReason !== null) counts.set(payoutReason, (counts.get(payoutReason) ?? 0) + 1);
  }
  return counts.size === 0 ? 'nobody' : [...counts].map(([reason, number]) => `${number} ${reason}`).join(', ');
}
