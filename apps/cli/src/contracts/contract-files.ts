import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jsonSchemaOf, topics } from '@wewrite/contracts';
import type { ContractFiles } from '@wewrite/contracts/compatibility';
import { goldenDirectory, goldenExamplesOf } from '@wewrite/contracts/golden';
import { UsageFault } from '../exit-codes.ts';
import { describeServices } from './describe-services.ts';

/** The contracts of this checkout, by its code rather than by what is committed. */
export async function currentContractFiles(): Promise<ContractFiles> {
  const services = await describeServices();
  const http = [...services].map(([name, { openApi }]) => [`http/${name}.json`, openApi] as const);
  const schemas = topics.map((topic) => [`${topic.name}/schema.json`, jsonSchemaOf(topic)] as const);
  const examples = topics.flatMap(({ name }) =>
    Object.entries(goldenExamplesOf(name)).map(([example, body]) => [`${name}/${example}.json`, body] as const),
  );
  return Object.fromEntries([...schemas, ...examples, ...http]);
}

/** The contracts in a directory, else those committed at a git revision. Throws a UsageFault where there are none. */
export function contractFilesAt(place: string | URL): ContractFiles {
  const path = place instanceof URL ? fileURLToPath(place) : place;
  const isDirectory = existsSync(path) && statSync(path).isDirectory();
  const files = isDirectory ? filesIn(path) : filesCommittedAt(path);
  if (!Object.keys(files).some((file) => file.endsWith('/schema.json'))) {
    throw new UsageFault(`contracts: there are none in ${path}.`);
  }
  return files;
}

function filesIn(directory: string): ContractFiles {
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.json'));
  return Object.fromEntries(
    paths.map((path) => [path.replaceAll('\\', '/'), JSON.parse(readFileSync(join(directory, path), 'utf8'))]),
  );
}

function filesCommittedAt(revision: string): ContractFiles {
  const golden = fileURLToPath(goldenDirectory);
  const git = (...parameters: readonly string[]) =>
    execFileSync('git', parameters, { cwd: golden, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    const root = git('rev-parse', '--show-toplevel').trim();
    const folder = relative(root, golden).replaceAll('\\', '/');
    const listed = git('ls-tree', '-r', '-z', '--name-only', '--full-tree', revision, `${folder}/`).split('\0');
    const paths = listed.filter((path) => path.endsWith('.json'));
    return Object.fromEntries(
      paths.map((path) => [path.slice(folder.length + 1), JSON.parse(git('show', `${revision}:${path}`))]),
    );
  } catch (error) {
    throw new UsageFault(`contracts: ${revision} is no directory and no git revision.`, { cause: error });
  }
}
