import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv, promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type RunningSandbox, startSandbox } from '@wewrite/local-stack/sandbox';

const run = promisify(execFile);
const program = fileURLToPath(new URL('../main.ts', import.meta.url));
let directory: string;
let sandbox: RunningSandbox;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'wewrite-prepare-'));
  sandbox = await startSandbox({ port: 0, databaseFile: ':memory:', now: '2026-11-01T00:00:00Z' });
});
afterEach(async () => {
  await sandbox.stop();
  rmSync(directory, { recursive: true, force: true });
});

const prepare = async () => {
  const output = join(directory, 'output');
  const places = [`--sandbox=${sandbox.url}`, '--billing=http://billing:8080', '--gateway=http://localhost:8080'];
  const env = { ...process.env, WEWRITE_DIRECTORY: join(directory, 'state') };
  const { stdout } = await run(process.execPath, [program, 'prepare', ...places, `--output=${output}`], { env });
  const read = (file: string) => readFileSync(join(output, file), 'utf8');
  return { stdout, jwks: read('jwks.json'), stripe: read('stripe.env') };
};

test('services get the key of tokens and the sandbox’s secrets, people the tokens; again, nothing changes', async () => {
  const first = await prepare();
  expect(first.stdout).toMatch(/^API +http:\/\/localhost:8080\/docs\nadmin +ey\S+\nservice +ey\S+\n$/);
  expect(JSON.parse(first.jwks)).toMatchObject({ keys: [{ kty: 'OKP', use: 'sig' }] });
  expect(first.jwks).not.toContain('"d"');
  expect(parseEnv(first.stripe)).toMatchObject({
    STRIPE_API_URL: sandbox.url,
    STRIPE_WEBHOOK_SECRET: expect.stringMatching(/^whsec_/),
    STRIPE_FINANCIAL_ACCOUNT_ID: expect.stringMatching(/^fa_/),
  });
  const again = await prepare();
  expect({ jwks: again.jwks, stripe: again.stripe }).toEqual({ jwks: first.jwks, stripe: first.stripe });
});
