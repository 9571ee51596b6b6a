import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type RunningSandbox, startSandbox } from '@wewrite/local-stack/sandbox';
import { readConfig } from '../config.ts';
import { UsageFault } from '../exit-codes.ts';
import { connectEvents, platformEvents, thinEvents } from '../stack/webhook-endpoints.ts';
import { simulations } from '../stripe/simulations.ts';
import { simulatedEvent, testAccountOf } from './stripe.ts';

const program = fileURLToPath(new URL('../main.ts', import.meta.url));
/** Each command is a process that has to start. */
const deadlineMs = 240_000;
const ofTest = {
  STRIPE_SECRET_KEY: 'sk_test_x',
  STRIPE_WEBHOOK_SECRET: 'one,old',
  STRIPE_V2_WEBHOOK_SECRET: 'two',
};

let sandbox: RunningSandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, databaseFile: ':memory:', now: new Date().toISOString() });
});
afterAll(() => sandbox.stop());

function wewrite(environment: object, ...words: readonly string[]) {
  const env = { ...process.env, WEWRITE_SANDBOX: sandbox.url, ...environment };
  return new Promise<{ code: number; output: string; complaint: string }>((resolve) => {
    const child = execFile(process.execPath, [program, 'stripe', ...words], { env }, (_, output, complaint) =>
      resolve({ code: child.exitCode ?? -1, output, complaint }),
    );
  });
}

describe('wewrite stripe', () => {
  test(
    'simulate has an event happen, which listen passes on, and billing’s absence is said',
    async () => {
      const { code, output } = await wewrite({}, 'simulate', 'balance.available', '--json');
      expect(code).toBe(0);
      expect(JSON.parse(output)).toMatchObject({ type: 'balance.available', id: expect.stringMatching(/^evt_/) });
      const environment = { ...ofTest, STRIPE_API_URL: sandbox.url };
      const alone = await wewrite(environment, 'listen', '--once', '--billing', 'http://127.0.0.1:1');
      expect(alone).toMatchObject({ code: 1, complaint: expect.stringContaining('Billing does not answer') });
    },
    deadlineMs,
  );

  test('a word that is no event is answered with all that can be simulated', () => {
    expect(() => simulatedEvent('invoice.lost')).toThrow(UsageFault);
    for (const type of Object.keys(simulations)) expect(() => simulatedEvent('invoice.lost')).toThrow(type);
    expect(simulatedEvent('invoice.paid')).toBe('invoice.paid');
  });

  test('listen wants the key of a test account, and billing’s secrets', () => {
    const of = (environment: Record<string, string>) => () => testAccountOf(readConfig(environment));
    expect(of({ STRIPE_SECRET_KEY: 'sk_live_x' })).toThrow(/sk_test_/);
    expect(of({ ...ofTest, STRIPE_V2_WEBHOOK_SECRET: '' })).toThrow(/STRIPE_V2_WEBHOOK_SECRET/);
    expect(of(ofTest)().secrets).toEqual({ platform: 'one', thin: 'two' });
  });

  test('the events that Stripe is asked for are those that the document names', () => {
    const document = readFileSync(new URL('../../../../docs/operations/stripe.md', import.meta.url), 'utf8');
    for (const type of [...platformEvents, ...connectEvents, ...thinEvents]) expect(document).toContain(`\`${type}\``);
  });
});
