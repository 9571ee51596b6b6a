import type { Month, MonthProgress } from '@wewrite/contracts';
import type { Command } from 'commander';
import { readProgress, reasonOf, startClose, whenReconciled } from '../demo/close-month.ts';
import { stepLines } from '../demo/step-lines.ts';
import { RunFailure } from '../exit-codes.ts';
import { printerFor } from '../printer.ts';
import { type EntranceOptions, entranceOf, gatewayOption, tokenOption } from './entrance.ts';
import { monthArgument } from './options.ts';
import { rehearseMonth } from './rehearse-month.ts';

interface MonthOptions extends EntranceOptions {
  readonly json: boolean;
}

/** `wewrite month status|close|rehearse MONTH`: at what runs here, or at another gateway. */
export function addMonthCommand(program: Command): void {
  const month = program.command('month').description('where a month stands, and closing it');
  month
    .command('status')
    .description('show where the close of a month stands')
    .addArgument(monthArgument())
    .addOption(gatewayOption())
    .addOption(tokenOption())
    .option('--json', 'as JSON', false)
    .action(showStatus);
  month
    .command('close')
    .description('close a month, or resume its close, and wait; code 0 only when it is reconciled')
    .addArgument(monthArgument())
    .addOption(gatewayOption())
    .addOption(tokenOption())
    .option('--json', 'as JSON', false)
    .action(closeMonth);
  month
    .command('rehearse')
    .description('rehearse the close of a month: no money and no plan changes; code 0 only when nothing differs')
    .addArgument(monthArgument())
    .addOption(gatewayOption())
    .addOption(tokenOption())
    .option('--json', 'as JSON', false)
    .action((of: Month, options: MonthOptions) => rehearseMonth(entranceOf(options), of, options));
}

async function showStatus(month: Month, options: MonthOptions): Promise<void> {
  const { api, token } = entranceOf(options);
  const progress = await readProgress(api, token, month);
  if (progress === null) throw new RunFailure(`No close of ${month} has begun.`);
  show(progress, options);
  if (progress.state === 'unexplained') throw new RunFailure(`${month}: ${reasonOf(progress)}`);
}

async function closeMonth(month: Month, options: MonthOptions): Promise<void> {
  const { api, token } = entranceOf(options);
  const wait = async (onChange: (progress: MonthProgress) => void) => {
    await startClose(api, token, month);
    return whenReconciled(api, token, month, onChange);
  };
  const progress = options.json
    ? await wait(() => undefined)
    : await printerFor(process.stdout).step(`close of ${month}`, (look) =>
        wait((now) => look(stepLines(now).join('\n'))),
      );
  if (options.json) show(progress, options);
  else process.stdout.write(`month ${month}: ${progress.unexplainedCents} ¢ unexplained\n`);
}

function show(progress: MonthProgress, { json }: MonthOptions): void {
  const lines = [`${progress.month}: ${progress.state}`, ...stepLines(progress), `trace ${progress.traceId}`];
  process.stdout.write(`${json ? JSON.stringify(progress) : lines.join('\n')}\n`);
}
