import { fileURLToPath } from 'node:url';
import { MonthSchema } from '@wewrite/contracts';
import type { Command } from 'commander';
import { type DemoOptions, runDemo } from '../demo/run-demo.ts';
import { escrowOption, kafkaOption, monthCount, monthOption, monthsUntil, processesOption } from './options.ts';

const sampleDirectory = fileURLToPath(new URL('../../../../samples/community', import.meta.url));

/** `wewrite demo`: the whole system, a whole story, nothing else to install. */
export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .description('start everything, let months pass on a steered clock, close each, and show what became of every cent')
    .option('--once', 'exit when the last month is reconciled, with code 0 only then', false)
    .option('--input <directory>', 'a community of your own, as CSV files', sampleDirectory)
    .option('--months <number>', 'how many months', monthCount, 2)
    .option('--month <YYYY-MM>', 'the last of them', monthOption, MonthSchema.parse('2026-11'))
    .option('--report <file>', 'write the results as JSON')
    .option('--lines <file>', 'write every line as CSV')
    .option('--reset', 'drop what is in the database of DATABASE_URL', false)
    .addOption(kafkaOption())
    .addOption(processesOption())
    .addOption(escrowOption())
    .action((options: DemoOptions) => runDemo(options, monthsUntil(options.month, options.months)));
}
