import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { handledTypes } from '@wewrite/billing';
import { type RunningSandbox, startSandbox } from '@wewrite/local-stack/sandbox';
import { sandboxClient, webhookEndpoints } from './webhook-endpoints.ts';

const billingUrl = 'http://127.0.0.1:9';
let directory: string;
let sandbox: RunningSandbox;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'wewrite-webhooks-'));
  sandbox = await startSandbox({ port: 0, databaseFile: ':memory:', now: '2026-11-01T00:00:00Z' });
});
afterEach(async () => {
  await sandbox.stop();
  rmSync(directory, { recursive: true, force: true });
});

const stripeOf = () => sandboxClient(sandbox.url, 'sk_test_sandbox');
const register = () => webhookEndpoints(stripeOf(), billingUrl, join(directory, 'webhooks.json'));
const registeredTypes = async () => {
  const { data } = await stripeOf().webhookEndpoints.list();
  return data.flatMap((endpoint) => endpoint.enabled_events).sort();
};

test('E2: Stripe is asked for every snapshot event that billing does something about', async () => {
  await register();
  expect(await registeredTypes()).toEqual(expect.arrayContaining([...handledTypes]));
});

test('E2: a kept sandbox that was asked for fewer types is asked for those of today, under the same secrets', async () => {
  const secrets = await register();
  const wanted = await registeredTypes();
  const { data } = await stripeOf().webhookEndpoints.list();
  for (const { id } of data) await stripeOf().webhookEndpoints.update(id, { enabled_events: ['invoice.paid'] });
  expect(await register()).toEqual(secrets);
  expect(await registeredTypes()).toEqual(wanted);
});
