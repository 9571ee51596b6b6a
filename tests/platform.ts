import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServiceName, serviceNames } from '@wewrite/contracts';
import { runGateway } from '@wewrite/gateway';
import { freePort } from '@wewrite/local-stack';
import { type Harness, startHarness } from '@wewrite/local-stack/harness';
import { startSandbox } from '@wewrite/local-stack/sandbox';
import type { Broker, RunnableService } from '@wewrite/service-kit';
import type Stripe from 'stripe';
import type { EscrowChoice } from '../apps/cli/src/config.ts';
import { type Steering, steeringOf } from '../apps/cli/src/demo/steering.ts';
import { sandboxSecretKey } from '../apps/cli/src/stack/sandbox-part.ts';
import { services } from '../apps/cli/src/stack/services.ts';
import { storageAccount } from '../apps/cli/src/stack/storage-account.ts';
import { sandboxClient, type WebhookSecrets, webhookEndpoints } from '../apps/cli/src/stack/webhook-endpoints.ts';

/** All five services, the gateway and the sandbox in this process, with nobody there yet. */
export interface Platform {
  readonly harness: Harness;
  readonly sandboxUrl: string;
  readonly gatewayUrl: string;
  /** Stripe, for what happens there without us. */
  readonly stripe: Stripe;
  /** What Stripe signs webhooks with. */
  readonly secrets: WebhookSecrets;
  readonly steering: Steering;
  stop(): Promise<void>;
}

/** What differs from one platform to the next. */
export interface PlatformOptions {
  /** Where the steered clock begins to stand, an ISO instant. */
  readonly now: string;
  /** What stands between a service's instance and the broker. */
  readonly brokerOf?: (service: ServiceName, broker: Broker) => Broker;
  readonly environment?: Readonly<Record<string, string>>;
  /** `storage` unless told otherwise. */
  readonly escrow?: EscrowChoice;
}

/** A webhook secret that is about to be rotated out: what is signed with it is still taken. */
export const retiringSecret = 'whsec_retiring';

/** For what a test does itself: the 29th of February 2028 comes after every story. */
export const neverHere = '0 0 29 2 *';

/** Starts a platform of its own, on a database and a sandbox of its own. */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const directory = await mkdtemp(join(tmpdir(), 'wewrite-platform-'));
  const sandbox = await startSandbox({ port: 0, databaseFile: join(directory, 'sandbox.db'), now: options.now });
  const ports = await chosenPorts();
  const url = (name: ServiceName) => `http://127.0.0.1:${ports[name].port}`;
  const stripe = sandboxClient(sandbox.url, sandboxSecretKey);
  const secrets = await webhookEndpoints(stripe, url('billing'), join(directory, 'webhooks.json'));
  const harness = await startHarness({
    services: serviceNames.map((name) => atOwnPorts(services[name], ports[name], options)),
    now: options.now,
    environment: {
      CLOCK_URL: sandbox.url,
      STRIPE_SECRET_KEY: sandboxSecretKey,
      STRIPE_API_URL: sandbox.url,
      STRIPE_REQUESTS_PER_SECOND: '0',
      STRIPE_WEBHOOK_SECRET: `${retiringSecret},${secrets.platform}`,
      STRIPE_CONNECT_WEBHOOK_SECRET: secrets.connect,
      STRIPE_V2_WEBHOOK_SECRET: secrets.thin,
      ESCROW: options.escrow ?? 'storage',
      STRIPE_FINANCIAL_ACCOUNT_ID: await storageAccount(stripe, sandbox.url, join(directory, 'storage.json')),
      CLOSE_CRON: neverHere,
      LINE_KEY_SECRET: 'the-same-in-every-telling-of-the-story',
      ...options.environment,
    },
  });
  const gateway = await runGateway({
    NODE_ENV: 'test',
    PORT: '0',
    ADMIN_PORT: '0',
    LOG_LEVEL: 'silent',
    JWKS_FILE: harness.jwksFile,
    ...options.environment,
    ...Object.fromEntries(serviceNames.map((name) => [`${name.toUpperCase()}_URL`, url(name)])),
  });
  const adminUrls = serviceNames.map((name) => `http://127.0.0.1:${ports[name].adminPort}`);
  return {
    harness,
    sandboxUrl: sandbox.url,
    gatewayUrl: gateway.url,
    stripe,
    secrets,
    steering: steeringOf({ sandboxUrl: sandbox.url, adminUrls }),
    stop: async () => {
      await gateway.stop();
      await harness.stop();
      await sandbox.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

interface Ports {
  readonly port: number;
  readonly adminPort: number;
}

/**
 * Ports below those that the system gives to outgoing connections, of which one that is free now may be taken before
 * anybody listens at it.
 */
async function chosenPorts(): Promise<Record<ServiceName, Ports>> {
  const ports: Partial<Record<ServiceName, Ports>> = {};
  const free = () => freePort(lowestPort + Math.floor(Math.random() * (highestPort - lowestPort)));
  for (const name of serviceNames) ports[name] = { port: await free(), adminPort: await free() };
  return ports as Record<ServiceName, Ports>;
}

const lowestPort = 12_000;
const highestPort = 32_000;

/** The service, one instance of which answers where the others look for it, also when it is another one than before. */
function atOwnPorts(service: RunnableService, { port, adminPort }: Ports, options: PlatformOptions): RunnableService {
  let taken = false;
  return {
    ...service,
    run: async (surroundings) => {
      const isFirst = !taken;
      taken = true;
      const { environment, openBroker } = surroundings;
      const own = isFirst ? { PORT: String(port), ADMIN_PORT: String(adminPort) } : {};
      const running = await service.run({
        ...surroundings,
        environment: { ...environment, ...own },
        openBroker: (config, name) => {
          const broker = openBroker(config, name);
          return options.brokerOf?.(service.name, broker) ?? broker;
        },
      });
      return {
        ...running,
        stop: async () => {
          await running.stop();
          if (isFirst) taken = false;
        },
      };
    },
  };
}
