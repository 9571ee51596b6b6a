import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';

// The walls of .dependency-cruiser.cjs, each tried on a small house in which it is broken.

const root = fileURLToPath(new URL('..', import.meta.url));
const house = mkdtempSync(join(tmpdir(), 'wewrite-walls-'));
afterAll(() => rmSync(house, { recursive: true, force: true }));

const workspaces = [
  'libs/contracts',
  'libs/service-kit',
  'libs/ledger',
  'libs/local-stack',
  'services/billing',
  'services/earnings',
];

/** Each file's imports, and the rules that they break. */
const files: Readonly<Record<string, { readonly imports: readonly string[]; readonly breaks: readonly string[] }>> = {
  'libs/contracts/src/good.ts': { imports: ['zod', 'node:crypto'], breaks: [] },
  'libs/contracts/src/bad.ts': { imports: ['pg'], breaks: ['contracts-are-zod-and-node'] },
  'libs/service-kit/src/good.ts': { imports: ['@wewrite/contracts', 'pg'], breaks: [] },
  'libs/service-kit/src/bad.ts': { imports: ['@wewrite/ledger'], breaks: ['kit-knows-contracts-only'] },
  'libs/service-kit/src/worse.ts': { imports: ['kafkajs'], breaks: ['kafkajs-behind-the-port'] },
  'libs/service-kit/src/kafka/good.ts': { imports: ['kafkajs'], breaks: [] },
  'libs/ledger/src/good.ts': { imports: ['@wewrite/service-kit'], breaks: [] },
  'libs/ledger/src/bad.ts': { imports: ['@wewrite/local-stack'], breaks: ['ledger-knows-contracts-and-kit'] },
  'libs/local-stack/src/good.ts': { imports: ['stripe', '@wewrite/service-kit'], breaks: [] },
  'libs/local-stack/src/bad.ts': { imports: ['@wewrite/earnings'], breaks: ['libs-know-no-service'] },
  'services/billing/src/good.ts': { imports: ['stripe', '@wewrite/ledger', './pure.ts'], breaks: [] },
  'services/billing/src/pure.ts': { imports: [], breaks: [] },
  'services/billing/src/loop.ts': { imports: ['./back.ts'], breaks: ['no-cycles'] },
  'services/billing/src/back.ts': { imports: ['./loop.ts'], breaks: ['no-cycles'] },
  'services/earnings/src/bad.ts': { imports: ['@wewrite/billing'], breaks: ['a-service-never-imports-a-service'] },
  'services/earnings/src/worse.ts': { imports: ['stripe'], breaks: ['stripe-where-money-is'] },
  'services/earnings/src/inside.ts': {
    imports: ['../../../libs/contracts/src/good.ts'],
    breaks: ['packages-open-by-their-exports'],
  },
  'services/earnings/src/dev.ts': {
    imports: ['@wewrite/local-stack'],
    breaks: ['development-parts-stay-out-of-services'],
  },
  'services/earnings/tests/good.test.ts': { imports: ['@wewrite/local-stack'], breaks: [] },
  'services/earnings/src/tested.ts': { imports: ['../tests/good.test.ts'], breaks: ['no-test-in-the-product'] },
  'services/earnings/src/lost.ts': { imports: ['nowhere'], breaks: ['resolvable'] },
};

function write(path: string, text: string): void {
  mkdirSync(dirname(join(house, path)), { recursive: true });
  writeFileSync(join(house, path), text);
}

function build(): void {
  for (const name of ['zod', 'pg', 'kafkajs', 'stripe']) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
    write(`node_modules/${name}/index.js`, 'module.exports = {};');
  }
  mkdirSync(join(house, 'node_modules/@wewrite'));
  for (const workspace of workspaces) {
    const name = `@wewrite/${workspace.split('/')[1]}`;
    write(`${workspace}/package.json`, JSON.stringify({ name, version: '0.1.0', exports: './src/index.ts' }));
    write(`${workspace}/src/index.ts`, 'export const opened = true;');
    symlinkSync(join(house, workspace), join(house, 'node_modules', name));
  }
  for (const [path, { imports }] of Object.entries(files)) {
    write(path, imports.map((name) => `import '${name}';\n`).join('') || 'export const pure = true;');
  }
  write('tsconfig.json', '{}');
}

interface Cruise {
  readonly modules: readonly {
    readonly source: string;
    readonly dependencies: readonly { readonly rules?: readonly { readonly name: string }[] }[];
  }[];
}

function brokenRules(): Map<string, string[]> {
  const depcruise = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const config = join(root, '.dependency-cruiser.cjs');
  const parameters = [depcruise, '--config', config, '--output-type', 'json', 'libs', 'services'];
  const { modules }: Cruise = JSON.parse(
    execFileSync(process.execPath, parameters, { cwd: house, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }),
  );
  return new Map(
    modules.map(({ source, dependencies }) => [
      source,
      dependencies.flatMap(({ rules = [] }) => rules.map(({ name }) => name)),
    ]),
  );
}

describe('boundaries', () => {
  build();
  const broken = brokenRules();

  for (const [path, { imports, breaks }] of Object.entries(files)) {
    const verdict = breaks.length === 0 ? 'is allowed' : `breaks ${breaks.join()}`;
    test(`Style: ${path} importing ${imports.join(' and ') || 'nothing'} ${verdict}`, () => {
      expect(broken.get(path)).toEqual(breaks);
    });
  }
});
