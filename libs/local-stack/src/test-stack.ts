import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, statfsSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { claimScratchDirectory } from './directory-lock.ts';
import { javaAndMavenPresent } from './kafka-jars.ts';
import { type JvmKafka, startJvmKafka } from './kafka-jvm.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './postgres.ts';
import { processIdentity } from './process-record.ts';

const postgresSchema = z.object({ adminUrl: z.url() });
const kafkaSchema = z.union([z.object({ brokers: z.array(z.string()) }), z.object({ reason: z.string() })]);
const failureSchema = z.object({ failure: z.string() });

/**
 * The servers that all test files of a run share. They belong to the process that starts the stack (Jest's main one),
 * are started when a test first asks, and end with that process. Workers ask over HTTP on loopback, at an address that
 * cannot be guessed.
 */
export interface TestStack {
  readonly url: string;
  stop(): Promise<void>;
  /** For a process that is about to end without `stop()`: leaves nothing in memory. */
  abandon(): void;
}

/** Makes the stack ready to be asked; no server is started before that. */
export async function startTestStack(): Promise<TestStack> {
  const name = `wewrite-tests-${process.getuid?.() ?? 0}`;
  const scratch = await claimScratchDirectory(join(tmpdir(), name));
  const inMemory = hasRoomInMemory() ? await claimScratchDirectory(join(memoryDirectory, name)) : null;
  const secret = randomBytes(16).toString('hex');
  let postgres: Promise<EmbeddedPostgres> | undefined;
  let postgresPid: number | undefined;
  let kafka: Promise<JvmKafka | { reason: string }> | undefined;
  const parts: Readonly<Record<string, () => Promise<unknown>>> = {
    postgres: async () => {
      postgres ??= startEmbeddedPostgres({
        directory: join((inMemory ?? scratch).directory, 'postgres'),
        persistent: false,
        fsync: false,
        forTests: true,
        log: say,
      });
      const { adminUrl, pid } = await postgres;
      postgresPid = pid;
      return { adminUrl };
    },
    kafka: async () => {
      kafka ??= startKafka(scratch.directory);
      const started = await kafka;
      return 'reason' in started ? started : { brokers: started.brokers };
    },
    stop: async () => {
      await stop();
      return {};
    },
  };
  const server = createServer((request, response) => {
    const part = Object.entries(parts).find(([name]) => request.url === `/${secret}/${name}`);
    if (part === undefined) response.writeHead(404).end();
    else void answer(response, part[1]);
  });
  const stop = async () => {
    server.close();
    const started = await Promise.allSettled([postgres, kafka]);
    for (const part of started) {
      if (part.status === 'fulfilled' && part.value !== undefined && 'stop' in part.value) await part.value.stop();
    }
    postgresPid = undefined;
    scratch.remove();
    inMemory?.remove();
  };
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address !== null && typeof address === 'object') resolve(address.port);
    });
  });
  server.unref();
  const abandon = () => {
    if (postgresPid !== undefined && processIdentity(postgresPid) !== null) process.kill(postgresPid, 'SIGKILL');
    inMemory?.remove();
  };
  return { url: `http://127.0.0.1:${port}/${secret}`, stop, abandon };
}

/** Where Linux keeps files in memory. */
const memoryDirectory = '/dev/shm';
const enoughBytes = 4 * 1024 ** 3;

/**
 * Whether the databases may lie there. Each test's has a thousand files, and a disk's file system takes the longer to make
 * one, the more were removed a moment ago.
 */
function hasRoomInMemory(): boolean {
  if (!existsSync(memoryDirectory)) return false;
  const { bavail, bsize } = statfsSync(memoryDirectory);
  return bavail * bsize >= enoughBytes && process.availableMemory() >= enoughBytes;
}

/** Jars are shared with other runs of this checkout, the broker is not. */
async function startKafka(scratchDirectory: string): Promise<JvmKafka | { reason: string }> {
  const present = await javaAndMavenPresent();
  if (!present.ok) {
    say(`No Kafka for the tests: ${present.reason}, and KAFKA_BROKERS is not set.`);
    return { reason: present.reason };
  }
  const jarsDirectory = fileURLToPath(new URL('../../../.wewrite/kafka', import.meta.url));
  return startJvmKafka({ directory: join(scratchDirectory, 'kafka'), jarsDirectory, log: say });
}

/** The superuser's URL of the run's PostgreSQL, which is started if nobody has asked before. */
export async function askForPostgres(stackUrl: string): Promise<{ adminUrl: string }> {
  return postgresSchema.parse(await ask(stackUrl, 'postgres'));
}

/** The brokers of the run's Kafka, which is started if nobody has asked before, or the reason why there is none. */
export async function askForKafka(stackUrl: string): Promise<{ brokers: string[] } | { reason: string }> {
  return kafkaSchema.parse(await ask(stackUrl, 'kafka'));
}

/** Ends what runs. */
export async function askToStop(stackUrl: string): Promise<void> {
  await ask(stackUrl, 'stop');
}

async function ask(stackUrl: string, part: string): Promise<unknown> {
  const response = await fetch(`${stackUrl}/${part}`);
  const body: unknown = await response.json();
  if (!response.ok) throw new Error(failureSchema.parse(body).failure);
  return body;
}

async function answer(response: ServerResponse, part: () => Promise<unknown>): Promise<void> {
  // Nothing is asked often enough for connections to be kept, and kept ones would keep Jest waiting.
  response.setHeader('connection', 'close');
  response.setHeader('content-type', 'application/json');
  try {
    response.end(JSON.stringify(await part()));
  } catch (error) {
    response.writeHead(500).end(JSON.stringify({ failure: Error.isError(error) ? error.message : String(error) }));
  }
}

/**
 * The password of a role in the run's PostgreSQL. Roles belong to the whole server and every test file uses the same
 * ones: derived from the administrator's password, it is the same everywhere and need not be passed around.
 */
export function testPasswordOf(adminUrl: string, role: string): string {
  return createHmac('sha256', new URL(adminUrl).password).update(role).digest('base64url');
}

function say(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}
