import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import { brokerAnswers } from './kafka-answers.ts';
import { javaAndMavenPresent, kafkaJars } from './kafka-jars.ts';
import { startJvmKafka } from './kafka-jvm.ts';
import { processIdentity } from './process-record.ts';
import { testKafka } from './testing.ts';

const silent = () => undefined;
const jarsDirectory = fileURLToPath(new URL('../../../.wewrite/kafka', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'wewrite-kafka-test-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const present = await javaAndMavenPresent();
if (!present.ok) process.stderr.write(`The JVM broker is not tested: ${present.reason}.\n`);

(present.ok ? describe : describe.skip)('the JVM broker', () => {
  test('the jars are fetched once, and nothing unfinished is left', async () => {
    const said: string[] = [];
    const first = await kafkaJars(jarsDirectory, silent);
    expect(await kafkaJars(jarsDirectory, (sentence) => said.push(sentence))).toBe(first);
    expect(said).toEqual([]);
    expect(readdirSync(first).some((jar) => jar.startsWith('kafka_2.13-4.1.1'))).toBe(true);
  }, 300_000);

  test('answers groups as soon as it is there, comes back on its port with its data, and is gone after stop', async () => {
    const kafka = await startJvmKafka({ directory, jarsDirectory, log: silent });
    const port = Number(kafka.brokers[0]?.split(':')[1]);
    expect(await brokerAnswers(port)).toBe(true);
    const clusterMetadata = join(directory, 'data', '__cluster_metadata-0');
    expect(existsSync(clusterMetadata)).toBe(true);

    const ended = new Promise<boolean>((resolve) => {
      kafka.onExit(({ wanted }) => resolve(wanted));
    });
    const firstPid = kafka.pid;
    process.kill(firstPid, 'SIGKILL');
    expect(await ended).toBe(false);
    expect(await brokerAnswers(port)).toBe(false);
    await kafka.restart();
    expect(kafka.pid).not.toBe(firstPid);
    expect(await brokerAnswers(port)).toBe(true);

    await kafka.stop();
    expect(processIdentity(kafka.pid)).toBeNull();
    expect(readFileSync(join(directory, 'kafka.log'), 'utf8')).not.toContain('ERROR');
    expect(existsSync(join(directory, 'data'))).toBe(false);
  });

  test('all files of a run are given the same broker', async () => {
    const [first, second] = await Promise.all([testKafka(), testKafka()]);
    expect(first?.brokers).toHaveLength(1);
    expect(second).toEqual(first);
  });
});
