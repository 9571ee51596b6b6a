import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { componentNames } from '../apps/cli/src/stack/ports.ts';
import { stripeSettings } from '../apps/cli/src/stack/service-environment.ts';
import { thinEvents } from '../apps/cli/src/stack/webhook-endpoints.ts';
import { defaultKafkaImage } from '../libs/local-stack/src/kafka-docker.ts';
import { developmentAudience, developmentIssuer } from '../libs/local-stack/src/keys.ts';
import { parseEnvironment, type ServerConfig } from '../libs/service-kit/src/config.ts';
import { exists, read } from './repository.ts';

// What containers are told agrees with the code that they run: nothing unknown, nothing missing, the same ports.

const variables = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));
const containerSchema = z.looseObject({
  image: z.string(),
  build: z.object({ target: z.string().optional(), args: z.record(z.string(), z.string()) }).optional(),
  command: z.array(z.string()).default([]),
  environment: variables.default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  depends_on: z.union([z.array(z.string()), z.record(z.string(), z.object({ condition: z.string() }))]).default([]),
  mem_limit: z.string(),
  read_only: z.boolean().default(false),
  cap_drop: z.array(z.string()).default([]),
  healthcheck: z.unknown().optional(),
});
type Container = z.infer<typeof containerSchema>;

const text = read('docker-compose.yml');
const composeSchema = z.object({ services: z.record(z.string(), containerSchema) });
const containers = composeSchema.parse(parse(text, { merge: true })).services;
const dockerfile = read('Dockerfile');

/** `${NAME:-value}` as it stands where nothing is set. */
function withDefaults(value: string): string {
  return value.replace(/\$\{(\w+)(?::-([^}]*))?\}/g, (_, _name, otherwise: string | undefined) => otherwise ?? '');
}

function container(name: string): Container {
  const found = containers[name];
  if (found === undefined) throw new Error(`docker-compose.yml has no ${name}`);
  return found;
}

/** What Docker gives a container: the image's variables, then those of compose; null ones only where the shell has them. */
function environmentOf(name: string): Record<string, string> {
  const stage = dockerfile.split(/^FROM /m).filter((part) => /^runtime AS service|.* AS runtime/.test(part));
  const image = stage.flatMap((part) =>
    [...part.matchAll(/^ENV (.+)$/gm)].flatMap((line) => (line[1] ?? '').split(' ')),
  );
  const own = Object.entries(container(name).environment).flatMap(([variable, value]) =>
    value === null ? [] : [[variable, withDefaults(String(value))] as const],
  );
  return {
    ...Object.fromEntries(image.map((pair) => pair.split('=') as [string, string])),
    ...Object.fromEntries(own),
  };
}

/** What `wewrite prepare` writes into the file that billing and payouts begin with. */
const prepared = stripeSettings({
  url: 'http://sandbox:8090',
  secretKey: 'sk_test_sandbox',
  webhooks: { platform: 'whsec_a', connect: 'whsec_b', thin: 'whsec_c' },
  storageAccountId: 'fa_1',
});

const configOf = async (name: string) => {
  const { environment }: { environment: z.ZodObject & z.ZodType<ServerConfig> } = await import(
    `../services/${name}/src/config.ts`
  );
  return environment;
};

describe('docker-compose.yml', () => {
  test.each(componentNames)('%s gets every variable that it needs, and none that it does not know', async (name) => {
    const schema = await configOf(name);
    const readsPrepared = container(name).command.includes('--env-file=/run/wewrite/stripe.env');
    const environment = { ...(readsPrepared ? prepared : {}), ...environmentOf(name) };
    expect(() => parseEnvironment(schema, environment)).not.toThrow();
    const known = new Set(Object.keys(schema.shape));
    const unknown = Object.keys(container(name).environment).filter((variable) => !known.has(variable));
    expect(unknown).toEqual([]);
  });

  test.each(componentNames)('%s is built from its own folder, and published at the ports of its code', async (name) => {
    const schema = await configOf(name);
    const { shape } = schema;
    const ports = ['PORT', 'ADMIN_PORT'].map((variable) => {
      const inside = environmentOf(name)[variable];
      return `127.0.0.1:${z.int().parse(z.object(shape).shape[variable]?.parse(undefined))}:${inside}`;
    });
    expect(container(name).build?.args.SERVICE).toBe(name);
    expect(container(name).ports).toEqual(ports);
  });

  test.each(componentNames)('%s runs read-only, without capabilities, with bounded memory', (name) => {
    const { read_only, cap_drop, mem_limit } = container(name);
    expect({ read_only, cap_drop }).toEqual({ read_only: true, cap_drop: ['ALL'] });
    expect(mem_limit).toMatch(/^\d+[mg]$/);
  });

  test('What is prepared for billing and payouts is known to one of them', async () => {
    const shapes = await Promise.all(['billing', 'payouts'].map(async (name) => (await configOf(name)).shape));
    const known = new Set(shapes.flatMap((shape) => Object.keys(shape)));
    expect(Object.keys(prepared).filter((variable) => !known.has(variable))).toEqual([]);
  });

  test('The gateway knows every service by its name and port', () => {
    const { PORT } = environmentOf('gateway');
    const services = componentNames.filter((name) => name !== 'gateway');
    const urls = services.map((name) => container('gateway').environment[`${name.toUpperCase()}_URL`]);
    expect(urls).toEqual(services.map((name) => `http://${name}:${PORT}`));
  });

  test('A service logs in with the password that migrate gives its role', () => {
    const given = container('migrate').environment;
    for (const name of componentNames.filter((component) => component !== 'gateway')) {
      const url = new URL(environmentOf(name).DATABASE_URL ?? '');
      expect(url.username).toBe(`${name}_app`);
      expect(url.password).toBe(withDefaults(String(given[`${name.toUpperCase()}_APP_PASSWORD`])));
    }
  });

  test('Tokens are of the issuer and for the audience that development keys sign', () => {
    const { JWT_ISSUER, JWT_AUDIENCE } = environmentOf('gateway');
    expect([JWT_ISSUER, JWT_AUDIENCE]).toEqual([developmentIssuer, developmentAudience]);
  });

  test('Whoever is waited for until it is healthy has a health check, here or in its image', () => {
    const waited = Object.values(containers).flatMap(({ depends_on }) =>
      Array.isArray(depends_on)
        ? []
        : Object.entries(depends_on).filter(([, { condition }]) => /healthy/.test(condition)),
    );
    const unhealthy = waited.filter(([name]) => container(name).healthcheck === undefined && !container(name).build);
    expect(unhealthy).toEqual([]);
  });

  test('Kafka is the version of infra/kafka/pom.xml, and creates no topic by itself', () => {
    const version = /<artifactId>kafka_2\.13<\/artifactId>\s*<version>([\d.]+)</.exec(read('infra/kafka/pom.xml'))?.[1];
    expect(defaultKafkaImage).toBe(`apache/kafka:${version}`);
    expect(withDefaults(container('kafka').image)).toBe(defaultKafkaImage);
    expect(container('kafka').environment.KAFKA_AUTO_CREATE_TOPICS_ENABLE).toBe('false');
  });

  test('Stripe’s forwarder asks for the thin events that billing hears', () => {
    expect(container('stripe').command.at(-1)).toBe(`--thin-events=${thinEvents.join(',')}`);
  });

  test('Every port is of 127.0.0.1: passwords here are known to everybody', () => {
    const open = Object.values(containers).flatMap(({ ports }) =>
      ports.filter((port) => !port.startsWith('127.0.0.1:')),
    );
    expect(open).toEqual([]);
  });

  test('Files that it mounts exist', () => {
    const mounted = Object.values(containers).flatMap(({ volumes }) =>
      volumes.flatMap((volume) => volume.split(':')[0] ?? []),
    );
    expect(mounted.filter((path) => path.startsWith('./') && !exists(path.slice(2)))).toEqual([]);
  });

  test('.env.example names every variable that is read, with the same default', () => {
    const examples = new Map([...read('.env.example').matchAll(/^#(\w+)=(.*)$/gm)].map((line) => [line[1], line[2]]));
    const used = new Map([...text.matchAll(/\$\{(\w+)(?::-([^}]*))?\}/g)].map((use) => [use[1], use[2] ?? '']));
    const passed = Object.values(containers).flatMap(({ environment }) =>
      Object.entries(environment).flatMap(([name, value]) => (value === null ? [name] : [])),
    );
    expect([...examples.keys()].toSorted()).toEqual([...new Set([...used.keys(), ...passed])].toSorted());
    expect([...used].filter(([name, otherwise]) => examples.get(name) !== otherwise)).toEqual([]);
  });
});

describe('Dockerfile', () => {
  const { devDependencies }: { devDependencies: Record<string, string> } = JSON.parse(read('package.json'));

  test('Node and turbo are the versions that development pins', () => {
    expect(dockerfile).toContain(`ARG NODE_IMAGE=node:${devDependencies.node}-slim`);
    expect(dockerfile).toContain(`npm install --global turbo@${devDependencies.turbo}`);
  });

  test('What runs is not root, has no development dependency, and is for production unless told otherwise', () => {
    const runtime = dockerfile.split(/^FROM /m).find((part) => part.includes(' AS runtime')) ?? '';
    expect(runtime).toMatch(/^USER node$/m);
    expect(runtime).toMatch(/^ENV NODE_ENV=production/m);
    expect(dockerfile).toMatch(/npm ci --omit=dev/);
    expect(dockerfile).not.toMatch(/^USER root/m);
  });
});

describe('infra', () => {
  test('Prometheus reads the operations port of every component', () => {
    const targets = componentNames.map((name) => `${name}:${environmentOf(name).ADMIN_PORT}`);
    const schema = z.object({
      scrape_configs: z.array(z.object({ static_configs: z.array(z.object({ targets: z.array(z.string()) })) })),
    });
    const { scrape_configs } = schema.parse(parse(read('infra/prometheus/prometheus.yml')));
    const scraped = scrape_configs.flatMap(({ static_configs }) => static_configs.flatMap((config) => config.targets));
    expect(scraped).toEqual(targets);
  });

  test('The dashboard asks for metrics that there are', () => {
    const metrics = read('libs/service-kit/src/metrics.ts');
    const asked = [...read('infra/grafana/dashboards/services.json').matchAll(/\bwewrite_\w+?(?=_count|_bucket|\b)/g)];
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.map(([name]) => name).filter((name) => !metrics.includes(`'${name}'`))).toEqual([]);
  });
});
