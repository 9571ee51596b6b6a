import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { PostgreSqlContainer, type StartedPostgreSqlContainer } from '@testcontainers/postgresql';
import { serviceNames } from '@wewrite/contracts';
import { type DockerKafka, startDockerKafka } from '@wewrite/local-stack';
import { kafkaBroker } from '@wewrite/service-kit';
import { describeBroker } from '../../libs/service-kit/src/kafka/tests/conformance.ts';
import { imagesOf, tierPresent } from '../../tools/tiers.ts';
import { community } from '../month-story.ts';

// The same promises on the servers as they are deployed: Postgres and Kafka from their images, not embedded ones.

const present = await tierPresent('container', process.env);

if (!present.ok) {
  test.skip(`containers: ${present.reason}`, () => undefined);
} else {
  const images = imagesOf(process.env);
  const directory = mkdtempSync(join(tmpdir(), 'wewrite-containers-'));
  let kafka: DockerKafka;
  let postgres: StartedPostgreSqlContainer;

  // A first start may still be fetching images, and a month is closed over both servers.
  jest.setTimeout(240_000);

  beforeAll(async () => {
    [kafka, postgres] = await Promise.all([
      startDockerKafka({ directory: join(directory, 'kafka'), image: images.kafka }),
      new PostgreSqlContainer(images.postgres).withDatabase('postgres').withUsername('postgres').start(),
    ]);
  });
  afterAll(async () => {
    await kafka?.stop();
    await postgres?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  /** `wewrite …` on the two servers; throws with what it said unless it ends with 0. */
  const wewrite = async (...parameters: readonly string[]): Promise<string> => {
    const program = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url));
    const child = spawn(process.execPath, [program, ...parameters], {
      env: {
        ...process.env,
        DATABASE_URL: postgres.getConnectionUri(),
        KAFKA_BROKERS: kafka.brokers.join(','),
        WEWRITE_DIRECTORY: join(directory, 'state'),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const [output, faults, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
    if (code !== 0) throw new Error(`wewrite ${parameters.join(' ')} ended with ${code}:\n${output}${faults}`);
    return output;
  };

  describe('Postgres in a container', () => {
    test('Every schema is migrated by an administrator once, and lacks nothing afterwards', async () => {
      expect(await wewrite('migrate')).toContain('kit/0001');
      const again = await wewrite('migrate');
      expect(again.trim().split('\n')).toEqual(serviceNames.map((name) => `${name}: nothing is missing`));
    });
  });

  describeBroker('Kafka in a container', () => kafkaBroker({ brokers: kafka.brokers, clientId: 'conformance' }));

  describe('both', () => {
    test('B2: a month is closed over them, with nothing unexplained', async () => {
      const { directory: input, remove } = await community({ supporters: 12, writers: 4 });
      const output = await wewrite(
        'demo',
        '--once',
        '--months',
        '1',
        '--month',
        '2026-10',
        '--input',
        input,
        '--reset',
      );
      expect(output).toContain('month 2026-10: 0 ¢ unexplained');
      await remove();
    });
  });
}
