import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { developmentKeys } from '@wewrite/local-stack';
import type { Command } from 'commander';
import { stateDirectory } from '../config.ts';
import { sandboxSecretKey } from '../stack/sandbox-part.ts';
import { stripeSettings } from '../stack/service-environment.ts';
import { storageAccount } from '../stack/storage-account.ts';
import { signTokens } from '../stack/tokens.ts';
import { sandboxClient, webhookEndpoints } from '../stack/webhook-endpoints.ts';

interface PrepareOptions {
  readonly sandbox: string;
  readonly billing: string;
  readonly gateway: string;
  readonly output: string;
}

/** `wewrite prepare`: what `up` does for its own services, for those that run elsewhere: keys, webhooks, an account. */
export function addPrepareCommand(program: Command): void {
  program
    .command('prepare')
    .description('make keys of tokens, and make a sandbox ready, for services that run in containers')
    .requiredOption('--sandbox <url>', 'the Stripe sandbox')
    .requiredOption('--billing <url>', 'where the sandbox reaches billing')
    .requiredOption('--gateway <url>', 'where people reach the gateway')
    .requiredOption('--output <directory>', 'gets jwks.json and stripe.env, which the services read')
    .action(prepare);
}

async function prepare(options: PrepareOptions): Promise<void> {
  const [kept, output] = [join(stateDirectory, 'sandbox'), resolve(options.output)];
  await mkdir(kept, { recursive: true });
  await mkdir(output, { recursive: true });
  const stripe = sandboxClient(options.sandbox, sandboxSecretKey);
  const settings = stripeSettings({
    url: options.sandbox,
    secretKey: sandboxSecretKey,
    webhooks: await webhookEndpoints(stripe, options.billing, join(kept, 'webhooks.json')),
    storageAccountId: await storageAccount(stripe, options.sandbox, join(kept, 'storage.json')),
  });
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(join(output, 'stripe.env'), lines.join(''), { mode: 0o600 });
  const keys = await developmentKeys(join(stateDirectory, 'keys'));
  await writeFile(join(output, 'jwks.json'), await readFile(keys.jwksFile));
  const tokens = await signTokens(keys, []);
  process.stdout.write(`API     ${options.gateway}/docs\nadmin   ${tokens.admin}\nservice ${tokens.service}\n`);
}
