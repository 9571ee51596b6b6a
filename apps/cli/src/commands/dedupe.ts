import { type ImportedDuplicate, ImportedDuplicatesSchema, ImportedPlanSchema, sumCents } from '@wewrite/contracts';
import type { Command } from 'commander';
import { pathOf } from '../demo/api.ts';
import { UsageFault } from '../exit-codes.ts';
import { count, dollars } from '../printer.ts';
import { type Entrance, type EntranceOptions, entranceOf, gatewayOption, tokenOption } from './entrance.ts';

interface DedupeOptions extends EntranceOptions {
  readonly execute: boolean;
  readonly prod: boolean;
  readonly json: boolean;
}

/** `wewrite dedupe [--execute] [--prod]`: duplicate allocations in imported data, and their merging (A13). */
export function addDedupeCommand(program: Command): void {
  program
    .command('dedupe')
    .description('show imported allocations that are there more than once; merge them only with --execute')
    .option('--execute', 'make one allocation of each, of their sum', false)
    .option('--prod', 'do so in production', false)
    .addOption(gatewayOption())
    .addOption(tokenOption())
    .option('--json', 'as JSON', false)
    .action(dedupe);
}

async function dedupe({ execute, prod, json, ...options }: DedupeOptions): Promise<void> {
  const entrance = entranceOf(options);
  const { isProduction, duplicates } = await readDuplicates(entrance);
  if (execute && isProduction && !prod) {
    throw new UsageFault('dedupe: this is production, where --execute needs --prod. Nothing was merged.');
  }
  if (!json) for (const duplicate of duplicates) process.stdout.write(`${duplicateLine(duplicate)}\n`);
  if (execute) {
    for (const userId of new Set(duplicates.map((duplicate) => duplicate.userId))) {
      await mergeOf(entrance, userId, isProduction);
    }
  }
  const found = { isProduction, merged: execute, duplicates };
  process.stdout.write(`${json ? JSON.stringify(found) : verdictOf(found)}\n`);
}

/** All pages of the list. */
async function readDuplicates({
  api,
  token,
}: Entrance): Promise<{ isProduction: boolean; duplicates: readonly ImportedDuplicate[] }> {
  const duplicates: ImportedDuplicate[] = [];
  for (let query = ''; ; ) {
    const path = `${pathOf('imports', 'duplicates')}${query}`;
    const page = await api.ask({ method: 'GET', path, token, answer: ImportedDuplicatesSchema });
    duplicates.push(...page.duplicates);
    if (page.nextCursor === null) return { isProduction: page.isProduction, duplicates };
    query = `?${new URLSearchParams({ cursor: page.nextCursor })}`;
  }
}

async function mergeOf({ api, token }: Entrance, userId: string, production: boolean): Promise<void> {
  const path = pathOf('imports', userId, 'merge');
  await api.ask({ method: 'POST', path, token, body: { production }, answer: ImportedPlanSchema });
}

/** `ann: page a, $3.00 + $0.50 = $3.50` */
export function duplicateLine(duplicate: ImportedDuplicate): string {
  const { userId, resourceType, resourceId, usdCents, mergedCents, isSuperseded } = duplicate;
  const sum = `${usdCents.map(dollars).join(' + ')} = ${dollars(mergedCents)}`;
  const kept = isSuperseded ? '; changed by its owner since, which stands' : '';
  return `${userId}: ${resourceType} ${resourceId}, ${sum}${kept}`;
}

/** What was found, and what was done or can be done about it. */
export function verdictOf(found: {
  isProduction: boolean;
  merged: boolean;
  duplicates: readonly ImportedDuplicate[];
}): string {
  const { isProduction, merged, duplicates } = found;
  if (duplicates.length === 0) return 'no duplicates';
  const entering = duplicates.filter(({ isSuperseded }) => !isSuperseded);
  const sum = dollars(sumCents(entering.map(({ mergedCents }) => mergedCents)));
  const counted = `${count(entering.length)} of ${count(duplicates.length)} duplicated allocations, ${sum} a month`;
  if (merged) return `merged: ${counted}`;
  return `to merge: ${counted}. Nothing was changed: wewrite dedupe --execute${isProduction ? ' --prod' : ''} merges them.`;
}
