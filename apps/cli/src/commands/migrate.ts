import type { Command } from 'commander';
import { readConfig } from '../config.ts';
import { EnvironmentFault } from '../exit-codes.ts';
import { prepareDatabase } from '../stack/prepare.ts';

/** `wewrite migrate`: brings the schemas of DATABASE_URL up to date, making what is missing. */
export function addMigrateCommand(program: Command): void {
  program
    .command('migrate')
    .description('make schemas and roles where they are missing, and apply what migrations are missing')
    .option('--json', 'as JSON', false)
    .action(async ({ json }: { json: boolean }) => {
      const { databaseUrl, rolePasswords } = readConfig();
      if (databaseUrl === null) throw new EnvironmentFault('migrate: set DATABASE_URL to an administrator’s URL.');
      const { applied } = await prepareDatabase(databaseUrl, rolePasswords);
      const lines = Object.entries(applied).map(
        ([service, files]) => `${service}: ${files.length === 0 ? 'nothing is missing' : files.join(', ')}`,
      );
      process.stdout.write(`${json ? JSON.stringify({ applied }) : lines.join('\n')}\n`);
    });
}
