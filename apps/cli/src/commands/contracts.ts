import type { Finding } from '@wewrite/contracts/compatibility';
import { releasedDirectory } from '@wewrite/contracts/golden';
import type { Command } from 'commander';
import { checkContracts } from '../contracts/check-contracts.ts';
import { contractFilesAt, currentContractFiles } from '../contracts/contract-files.ts';
import { RunFailure } from '../exit-codes.ts';

interface CheckOptions {
  readonly against?: string;
  readonly json: boolean;
}

/** `wewrite contracts check`: topics and HTTP APIs of this checkout against those that others rely on. */
export function addContractsCommand(program: Command): void {
  const contracts = program.command('contracts').description('what services promise to each other and to clients');
  contracts
    .command('check')
    .description('name what has changed, and whom it hits; code 1 when anything breaks')
    .option('--against <revision|directory>', 'instead of the contracts of the last release')
    .option('--json', 'as JSON', false)
    .action(check);
}

async function check({ against, json }: CheckOptions): Promise<void> {
  const findings = checkContracts(contractFilesAt(against ?? releasedDirectory), await currentContractFiles());
  const breaking = findings.filter(({ severity }) => severity === 'breaking');
  const lines = [
    ...findings.map(lineOf),
    `${breaking.length} breaking changes, ${findings.length - breaking.length} others, against ${against ?? 'the last release'}`,
  ];
  process.stdout.write(`${json ? JSON.stringify({ breaking: breaking.length, findings }) : lines.join('\n')}\n`);
  if (breaking.length > 0) throw new RunFailure('contracts: an incompatible change is a new topic, or a new path.');
}

function lineOf({ severity, contract, sentence, owners, hits }: Finding): string {
  const concerned = hits.length === 0 ? '' : ` ${severity === 'breaking' ? 'It hits' : 'For'} ${hits.join(', ')}.`;
  return `${severity.padEnd(9)}${contract} (of ${owners.join(', ')}): ${sentence}.${concerned}`;
}
