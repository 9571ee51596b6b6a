import type { Equation, Month, MonthProgress } from '@wewrite/contracts';
import type { Command } from 'commander';
import { readProgress, reasonOf } from '../demo/close-month.ts';
import { RunFailure } from '../exit-codes.ts';
import { dollars } from '../printer.ts';
import { type EntranceOptions, entranceOf, gatewayOption, tokenOption } from './entrance.ts';
import { monthArgument } from './options.ts';

interface ReconcileOptions extends EntranceOptions {
  readonly json: boolean;
}

/** `wewrite reconcile MONTH`: what has to be equal in a month, each side, and whether every cent is explained. */
export function addReconcileCommand(program: Command): void {
  program
    .command('reconcile')
    .description('show what had to be equal in a month; code 0 only when 0 ¢ are unexplained')
    .addArgument(monthArgument())
    .addOption(gatewayOption())
    .addOption(tokenOption())
    .option('--json', 'as JSON', false)
    .action(reconcile);
}

async function reconcile(month: Month, { json, ...options }: ReconcileOptions): Promise<void> {
  const { api, token } = entranceOf(options);
  const progress = await readProgress(api, token, month);
  if (progress === null) throw new RunFailure(`No close of ${month} has begun.`);
  process.stdout.write(`${json ? JSON.stringify(progress) : reconciliationLines(progress).join('\n')}\n`);
  if (!progress.reconciled) throw new RunFailure(`${month} is not reconciled: ${reasonOf(progress)}`);
}

/** Each equation, then the sum of what is not explained, which is not known while the month is still running. */
export function reconciliationLines({ month, equations, unexplainedCents }: MonthProgress): string[] {
  const width = Math.max(0, ...equations.map(({ name }) => name.length));
  const verdict = unexplainedCents === null ? 'still running' : `${unexplainedCents} ¢ unexplained`;
  return [...equations.map((equation) => lineOf(equation, width)), `month ${month}: ${verdict}`];
}

function lineOf({ name, leftCents, rightCents, differenceCents }: Equation, width: number): string {
  const sign = differenceCents === 0 ? '=' : '≠';
  return `${name.padEnd(width)}  ${dollars(leftCents)} ${sign} ${dollars(rightCents)}`;
}
