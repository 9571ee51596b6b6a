import { setTimeout as delay } from 'node:timers/promises';
import { addressOf } from '@wewrite/service-kit/stripe';
import { type Command, Option } from 'commander';
import Stripe from 'stripe';
import { type CliConfig, readConfig } from '../config.ts';
import { EnvironmentFault, explain, RunFailure, UsageFault } from '../exit-codes.ts';
import { untilInterrupted } from '../interrupt.ts';
import { readSandboxUrl } from '../stack/run-record.ts';
import { sandboxSecretKey } from '../stack/sandbox-part.ts';
import { sandboxClient } from '../stack/webhook-endpoints.ts';
import { EventForwarder } from '../stripe/forward-events.ts';
import { type SimulatedEvent, simulate, simulations } from '../stripe/simulations.ts';

interface SimulateOptions {
  readonly sandbox?: string;
  readonly object?: string;
  readonly json: boolean;
}

interface ListenOptions {
  readonly billing: string;
  readonly once: boolean;
  readonly json: boolean;
}

/** `wewrite stripe simulate EVENT`, `wewrite stripe listen`: what happens at Stripe, at the sandbox and in a test account. */
export function addStripeCommand(program: Command): void {
  const stripe = program.command('stripe').description('what happens at Stripe: made to happen, or heard');
  stripe
    .command('simulate')
    .description('have an event happen at the sandbox, to the newest object to which it can')
    .argument('<event>', 'its type, such as invoice.payment_failed; an unknown one lists them all')
    .addOption(new Option('--sandbox <url>', 'another sandbox than the one that runs here').env('WEWRITE_SANDBOX'))
    .option('--object <id>', 'to this object instead')
    .option('--json', 'as JSON', false)
    .action(simulateEvent);
  stripe
    .command('listen')
    .description('pass the events of a Stripe test account (STRIPE_SECRET_KEY) on to a billing that runs here')
    .option('--billing <url>', 'where billing answers', 'http://127.0.0.1:8082')
    .option('--once', 'pass on those of the last hour, and end', false)
    .option('--json', 'events as JSON', false)
    .action(listen);
}

async function simulateEvent(event: string, options: SimulateOptions): Promise<void> {
  const type = simulatedEvent(event);
  const url = options.sandbox ?? readSandboxUrl();
  if (url === null)
    throw new EnvironmentFault('No sandbox runs here: start wewrite up or demo, or give --sandbox URL.');
  const seen = await simulate(
    { url, stripe: sandboxClient(url, sandboxSecretKey) },
    type,
    options.object ?? null,
  ).catch((error: unknown) => {
    throw error instanceof Stripe.errors.StripeError ? new RunFailure(`The sandbox: ${error.message}`) : error;
  });
  const line = `${type} ${seen.id}, by what happened to ${seen.objectId}`;
  process.stdout.write(`${options.json ? JSON.stringify({ type, ...seen }) : line}\n`);
}

/** The event that a word names. Throws a {@link UsageFault} that lists them all. */
export function simulatedEvent(event: string): SimulatedEvent {
  const known = Object.keys(simulations).find((type) => type === event);
  // The keys of a record of constants are its type's.
  if (known !== undefined) return known as SimulatedEvent;
  const lines = Object.entries(simulations).map(([type, { what }]) => `  ${type}: ${what}`);
  throw new UsageFault(`${event} cannot be simulated. What can be, and to what it happens:\n${lines.join('\n')}`);
}

const lookEveryMs = 2_000;
const lookBackMs = 3_600_000;

async function listen({ billing, once, json }: ListenOptions): Promise<void> {
  const forwarder = new EventForwarder({
    ...testAccountOf(readConfig()),
    billingUrl: billing,
    since: new Date(Date.now() - (once ? lookBackMs : 0)),
    say: (type, id) => void process.stdout.write(`${json ? JSON.stringify({ type, id }) : `${type} ${id}`}\n`),
  });
  if (once) {
    await forwarder.look();
    return;
  }
  const interrupted = untilInterrupted().then(() => 'interrupted' as const);
  const look = async () => {
    // Stripe and billing may be away for a while: what was not taken is found again.
    await forwarder.look().catch((error: unknown) => void process.stderr.write(`${explain(error)}\n`));
    await delay(lookEveryMs);
  };
  while ((await Promise.race([interrupted, look()])) !== 'interrupted');
}

/** The test account whose key the environment has, and billing's own secrets. Throws an {@link EnvironmentFault}. */
export function testAccountOf({ stripeSecretKey, inherited }: CliConfig) {
  if (stripeSecretKey === null || !/^[sr]k_test_/.test(stripeSecretKey)) {
    throw new EnvironmentFault('listen: set STRIPE_SECRET_KEY to the key of a test account (sk_test_…).');
  }
  const secretOf = (variable: string) => {
    const secret = inherited[variable]?.split(',')[0]?.trim();
    if (!secret) throw new EnvironmentFault(`listen: set ${variable} to the text that billing has there.`);
    return secret;
  };
  return {
    stripe: new Stripe(stripeSecretKey, { telemetry: false, ...addressOf(inherited.STRIPE_API_URL || undefined) }),
    secrets: { platform: secretOf('STRIPE_WEBHOOK_SECRET'), thin: secretOf('STRIPE_V2_WEBHOOK_SECRET') },
  };
}
