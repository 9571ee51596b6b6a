import { prepareTelemetry } from '@wewrite/service-kit';
import { Command, CommanderError } from 'commander';
import { addContractsCommand } from './commands/contracts.ts';
import { addDedupeCommand } from './commands/dedupe.ts';
import { addDemoCommand } from './commands/demo.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addExplainCommand } from './commands/explain.ts';
import { addGenerateCommand } from './commands/generate.ts';
import { addImportCommand } from './commands/import.ts';
import { addMigrateCommand } from './commands/migrate.ts';
import { addMonthCommand } from './commands/month.ts';
import { addOutboxCommand } from './commands/outbox.ts';
import { addParkedCommand } from './commands/parked.ts';
import { addPrepareCommand } from './commands/prepare.ts';
import { addReconcileCommand } from './commands/reconcile.ts';
import { addStripeCommand } from './commands/stripe.ts';
import { addTopicsCommand } from './commands/topics.ts';
import { addUpCommand } from './commands/up.ts';
import { exitCodeOf, exitCodes, explain } from './exit-codes.ts';

const program = new Command('wewrite')
  .description("WeWrite's money system: run it, close months, look inside")
  .showHelpAfterError('(wewrite --help shows what there is)')
  .showSuggestionAfterError()
  .exitOverride()
  .addHelpText(
    'after',
    '\nExit codes: 0 done or reconciled, 1 failed or not explained, 2 usage, 3 bad input, 4 environment.',
  );

addDemoCommand(program);
addUpCommand(program);
addMonthCommand(program);
addExplainCommand(program);
addParkedCommand(program);
addOutboxCommand(program);
addMigrateCommand(program);
addReconcileCommand(program);
addTopicsCommand(program);
addImportCommand(program);
addDedupeCommand(program);
addStripeCommand(program);
addPrepareCommand(program);
addContractsCommand(program);
addGenerateCommand(program);
addDoctorCommand(program);

prepareTelemetry();
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : exitCodes.usage;
  else {
    process.stderr.write(`${explain(error)}\n`);
    process.exitCode = exitCodeOf(error);
  }
}
// Whatever a library keeps open must not keep the process: all that is ours has been stopped.
process.exit();
