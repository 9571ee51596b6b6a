import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Log } from './log.ts';
import { logTail, startChild } from './process.ts';

const run = promisify(execFile);
const pomFile = fileURLToPath(new URL('../../../infra/kafka/pom.xml', import.meta.url));
const neededJava = 17;

/** Whether this machine can run the JVM broker; if not, the reason, for people. */
export async function javaAndMavenPresent(): Promise<{ ok: true } | { ok: false; reason: string }> {
  const java = await run('java', ['-version']).catch(() => null);
  if (java === null) return { ok: false, reason: `Java ${neededJava} or newer is not installed` };
  const version = Number(/version "(\d+)/.exec(java.stderr)?.[1]);
  if (!(version >= neededJava)) return { ok: false, reason: `Java is version ${version}, ${neededJava} is needed` };
  const maven = await run('mvn', ['--version']).catch(() => null);
  if (maven === null) return { ok: false, reason: 'Maven is not installed' };
  return { ok: true };
}

/**
 * The directory of the broker's jars below `cacheDirectory`, filled by Maven unless an earlier run has. It is named by
 * the hash of the pom and moved into place when it is whole, so an interrupted download is never taken for one.
 */
export async function kafkaJars(cacheDirectory: string, log: Log): Promise<string> {
  const hash = createHash('sha256').update(readFileSync(pomFile)).digest('hex').slice(0, 12);
  const cache = resolve(cacheDirectory);
  const jars = join(cache, `jars-${hash}`);
  if (existsSync(jars)) return jars;
  mkdirSync(cache, { recursive: true });
  for (const old of readdirSync(cache)) {
    if (old.startsWith('jars-') && !old.includes('unfinished'))
      rmSync(join(cache, old), { recursive: true, force: true });
  }
  log('Apache Kafka is fetched through Maven, once (some 45 MB).');
  const unfinished = join(cache, `jars-unfinished-${process.pid}`);
  const logFile = join(cache, `maven-${process.pid}.log`);
  try {
    const maven = await startChild({
      command: 'mvn',
      commandArguments: [
        ...['--quiet', '--batch-mode', '--file', pomFile, 'dependency:copy-dependencies'],
        ...['-DincludeScope=runtime', `-DoutputDirectory=${unfinished}`],
      ],
      logFile,
      recordFile: join(cache, `maven-${process.pid}.json`),
    });
    const { code, signal } = await maven.waitForExit();
    if (code !== 0) throw new Error(`Maven ended with ${code ?? signal}:\n${logTail(logFile)}`);
    moveIntoPlace(unfinished, jars);
    return jars;
  } finally {
    for (const file of [unfinished, logFile, join(cache, `maven-${process.pid}.json`)]) {
      rmSync(file, { recursive: true, force: true });
    }
  }
}

/** Another process may have fetched the same jars meanwhile: then its are as good as ours. */
function moveIntoPlace(unfinished: string, jars: string): void {
  try {
    renameSync(unfinished, jars);
  } catch (error) {
    if (!existsSync(jars)) throw error;
  }
}
