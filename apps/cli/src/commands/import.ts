import { resolve } from 'node:path';
import { type Cents, type ImportedPlan, ImportedPlanSchema, ResourceSchema, sumCents } from '@wewrite/contracts';
import type { Command } from 'commander';
import { type Api, ApiFailure, pathOf } from '../demo/api.ts';
import { inParallel } from '../demo/in-parallel.ts';
import { parallelRequests } from '../demo/world.ts';
import { RunFailure } from '../exit-codes.ts';
import type { Resource } from '../input/input.ts';
import { fileNames, type InputFiles, readInputFiles } from '../input/input-files.ts';
import { type ImportInput, readImport } from '../input/read-import.ts';
import { bar, count, dollars, type Printer, plainPrinter, printerFor } from '../printer.ts';
import { type Entrance, type EntranceOptions, entranceOf, gatewayOption, tokenOption } from './entrance.ts';

interface ImportOptions extends EntranceOptions {
  readonly json: boolean;
}

type ImportedWish = ImportedPlan['wishes'][number];

/** What an import has come to: imported wishes of all supporters by what has become of them. */
export interface ImportResult {
  readonly supporters: number;
  /** Resources that were not registered before. */
  readonly registered: number;
  readonly overspent: number;
  readonly wishes: readonly ImportedWish[];
}

/** `wewrite import DIR`: brings resources and plans from before into what runs, once (A13). */
export function addImportCommand(program: Command): void {
  program
    .command('import')
    .description('bring in what could be supported and what supporters wished before; repeated, it changes nothing')
    .argument('<directory>', 'its writers.csv, resources.csv, supporters.csv and allocations.csv')
    .addOption(gatewayOption())
    .addOption(tokenOption('service'))
    .option('--json', 'as JSON', false)
    .action(importDirectory);
}

async function importDirectory(directory: string, options: ImportOptions): Promise<void> {
  const files = await readInputFiles(resolve(directory));
  const input = readImport(files);
  const entrance = entranceOf(options, 'service');
  const printer = options.json ? plainPrinter(process.stderr) : printerFor(process.stdout);
  for (const line of notImported(files)) printer.say(line);
  const result = await importInto(entrance, input, printer);
  const sums = sumsOf(result);
  process.stdout.write(`${options.json ? JSON.stringify(sums) : importLines(sums).join('\n')}\n`);
}

function notImported({ changes, events }: InputFiles): string[] {
  return [
    ...(changes === null ? [] : [`${fileNames.changes} is of a demo, and is not imported.`]),
    ...(events === null ? [] : [`${fileNames.events} is of a demo, and is not imported.`]),
  ];
}

async function importInto({ api, token }: Entrance, input: ImportInput, printer: Printer): Promise<ImportResult> {
  let registered = 0;
  await importEach(printer, 'resources', input.resources, async (resource) => {
    if (await registerIfUnknown(api, token, resource)) registered += 1;
  });
  const wishes: ImportedWish[] = [];
  await importEach(printer, 'plans', [...input.plans], async ([userId, plan]) => {
    const body = {
      wishes: plan.map(({ resourceType, resourceId, usdCents }) => ({ resourceType, resourceId, usdCents })),
    };
    const request = {
      method: 'PUT',
      path: pathOf('imports', userId),
      token,
      body,
      answer: ImportedPlanSchema,
    } as const;
    const imported = await api.ask(request).catch((error: unknown) => {
      throw new RunFailure(
        `The plan of ${userId} was not imported. Those before it are: import again when it is mended.`,
        {
          cause: error,
        },
      );
    });
    wishes.push(...imported.wishes);
  });
  return { supporters: input.plans.size, registered, overspent: input.overspent.length, wishes };
}

async function importEach<Item>(
  printer: Printer,
  title: string,
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  await printer.step(title, async (show) => {
    let done = 0;
    show(bar(done, items.length));
    await inParallel(items, parallelRequests, async (item) => {
      await work(item);
      done += 1;
      show(bar(done, items.length));
    });
  });
}

/** What the site has registered already is newer than the files, and stays. */
async function registerIfUnknown(api: Api, token: string, resource: Resource): Promise<boolean> {
  const { resourceType, resourceId, ownerUserId, title } = resource;
  const request = { path: pathOf('resources', resourceType, resourceId), token, answer: ResourceSchema };
  try {
    await api.ask({ ...request, method: 'GET' });
    return false;
  } catch (error) {
    if (!(error instanceof ApiFailure && error.problem?.code === 'not_found')) throw error;
  }
  await api.ask({ ...request, method: 'PUT', body: { ownerUserId, title } });
  return true;
}

/** An import in numbers; `wishes` and `cents` are by what has become of them. */
export interface ImportSums {
  readonly supporters: number;
  readonly registered: number;
  readonly overspent: number;
  readonly states: Readonly<Record<ImportedWish['state'], { readonly wishes: number; readonly cents: Cents }>>;
}

/** Adds up what an import has come to. */
export function sumsOf({ wishes, ...result }: ImportResult): ImportSums {
  const of = (state: ImportedWish['state']) => {
    const own = wishes.filter((wish) => wish.state === state);
    return { wishes: own.length, cents: sumCents(own.map(({ usdCents }) => usdCents)) };
  };
  const states = {
    entered: of('entered'),
    duplicate: of('duplicate'),
    merged: of('merged'),
    superseded: of('superseded'),
  };
  return { ...result, states };
}

/** The numbers for people, and what to do about duplicates. */
export function importLines({ supporters, registered, overspent, states }: ImportSums): string[] {
  const line = (title: string, state: ImportedWish['state']) =>
    `${title.padEnd(12)}${count(states[state].wishes).padStart(9)} wishes ${dollars(states[state].cents).padStart(16)}`;
  return [
    `plans of ${count(supporters)} supporters, ${count(registered)} new resources`,
    line('entered', 'entered'),
    line('merged', 'merged'),
    line('duplicates', 'duplicate'),
    line('superseded', 'superseded'),
    ...(overspent === 0
      ? []
      : [`${count(overspent)} supporters wished for more than they pay: their plans are overspent.`]),
    ...(states.duplicate.wishes === 0 ? [] : ['Duplicates are in no plan yet: wewrite dedupe shows them.']),
  ];
}
