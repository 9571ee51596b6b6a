import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceName } from '@wewrite/contracts';
import { serviceNames } from '@wewrite/contracts';
import { developmentKeys } from '@wewrite/local-stack';
import { type EscrowChoice, stateDirectory } from '../config.ts';
import { EnvironmentFault, exitCodeOf, exitCodes, explain } from '../exit-codes.ts';
import { type ComponentPart, startAsProcess, startInProcess } from './component-part.ts';
import {
  allOrFirstFailure,
  type FoundationOptions,
  type Foundations,
  refuseInProduction,
  startFoundations,
} from './foundations.ts';
import type { Part } from './part.ts';
import { type ComponentName, choosePorts, componentNames } from './ports.ts';
import { type RunRecord, removeRunRecord, writeRunRecord } from './run-record.ts';
import { environmentOf, keptSecret, type Surroundings } from './service-environment.ts';
import { supervise } from './supervise.ts';
import { signTokens, type TokenHolder, type Tokens } from './tokens.ts';

/** How a stack is started. */
export interface StackOptions extends Omit<FoundationOptions, 'oneProcess' | 'directory'> {
  /** Names the directory of this kind of run. */
  readonly name: 'demo' | 'up';
  readonly processes: 'one' | 'each';
  /** Which adapter keeps writers' money; null for what the environment says. */
  readonly escrow: EscrowChoice | null;
  readonly tokenHolders: readonly TokenHolder[];
  /** Instead of the services' own schedule; null leaves it. */
  readonly closeCron: string | null;
}

/** The whole system, running. */
export interface Stack {
  readonly urls: RunRecord['urls'];
  readonly tokens: Tokens;
  readonly tracesFile: string | null;
  /** Resolves when it cannot go on. */
  readonly failed: Promise<Error>;
  /** Stops everything; nothing is left behind. */
  stop(): Promise<void>;
}

const mostAttempts = 3;

/** Starts every part, says of each what it is and why, and keeps `.wewrite/run.json` true. */
export async function startStack(options: StackOptions): Promise<Stack> {
  refuseInProduction(options.config, options.kafka);
  const directory = join(stateDirectory, options.name);
  mkdirSync(directory, { recursive: true });
  for (let attempt = 1; ; attempt++) {
    const parts = startedParts(options.say);
    try {
      return await startParts(directory, options, parts);
    } catch (error) {
      await parts.stopAll();
      // Between our letting go of a port and its owner's taking it, somebody else was faster.
      const isPortLost = explain(error).includes('EADDRINUSE');
      if (isPortLost && attempt < mostAttempts)
        options.say('A port was taken by another process: other ones are chosen.');
      else if (exitCodeOf(error) !== exitCodes.failed) throw error;
      else throw new EnvironmentFault('The stack does not start; its logs are below .wewrite.', { cause: error });
    }
  }
}

/** The parts that run, in the order of their start. */
interface StartedParts {
  readonly all: readonly Part[];
  add(part: Part): void;
  /** Stops the last first. One that does not stop keeps none of the others running. */
  stopAll(): Promise<void>;
}

function startedParts(say: (sentence: string) => void): StartedParts {
  const all: Part[] = [];
  return {
    all,
    add: (part) => {
      all.push(part);
      say(`${part.name}: ${part.choice}`);
    },
    stopAll: async () => {
      for (const part of all.toReversed()) {
        await part.stop().catch((error: unknown) => say(`${part.name} does not stop as it should: ${explain(error)}`));
      }
    },
  };
}

async function startParts(directory: string, options: StackOptions, parts: StartedParts): Promise<Stack> {
  const ports = await choosePorts();
  const keys = await developmentKeys(join(stateDirectory, 'keys'));
  const oneProcess = options.processes === 'one';
  const foundations = await startFoundations(ports, { ...options, directory, oneProcess }, parts.add);
  const tracesFile = options.config.otlpEndpoint === null ? join(stateDirectory, 'traces.jsonl') : null;
  const leftovers = [join(directory, 'logs'), ...(tracesFile === null ? [] : [tracesFile])];
  if (!options.persistent) for (const file of leftovers) rmSync(file, { recursive: true, force: true });
  options.say(`traces: ${tracesFile === null ? `sent to ${options.config.otlpEndpoint}` : `kept in ${tracesFile}`}`);
  const surroundings = {
    ...options,
    ...foundations,
    directory,
    ports,
    tracesFile,
    jwksFile: keys.jwksFile,
    escrow: options.escrow ?? options.config.escrow,
    lineKeySecret: keptSecret(join(stateDirectory, 'keys'), 'line-key-secret'),
  };
  const components = await startComponents(surroundings, foundations, { oneProcess, onStarted: parts.add });
  const tokens = await signTokens(keys, options.tokenHolders);
  const record = () => runRecordOf({ components, foundations, tokens });
  const supervision = supervise({
    irreplaceable: foundations.kafka.kind === 'memory' ? 'Events inside this process may be lost with it.' : null,
    say: options.say,
    onRestarted: () => writeRunRecord(record()),
  });
  for (const part of parts.all) supervision.watch(part);
  writeRunRecord(record());
  return {
    urls: record().urls,
    tokens,
    tracesFile,
    failed: supervision.failed,
    stop: async () => {
      await supervision.end();
      await parts.stopAll();
      removeRunRecord();
    },
  };
}

async function startComponents(
  surroundings: Surroundings,
  { kafka }: Foundations,
  { oneProcess, onStarted }: { oneProcess: boolean; onStarted: (part: Part) => void },
): Promise<Readonly<Record<ComponentName, ComponentPart>>> {
  const { directory, ports } = surroundings;
  const start = async (name: ComponentName): Promise<[ComponentName, ComponentPart]> => {
    const environment = environmentOf(name, surroundings);
    const own = ports.components[name];
    await ports.release(own.port, own.adminPort);
    const part = oneProcess
      ? await startInProcess(name, environment, kafka.openBroker)
      : await startAsProcess(name, environment, { directory, ports: own });
    onStarted(part);
    return [name, part];
  };
  const started = await allOrFirstFailure<[ComponentName, ComponentPart][]>(componentNames.map(start));
  return Object.fromEntries(started) as Record<ComponentName, ComponentPart>;
}

function runRecordOf(parts: {
  components: Readonly<Record<ComponentName, ComponentPart>>;
  foundations: Foundations;
  tokens: Tokens;
}): RunRecord {
  const { components, foundations, tokens } = parts;
  const { postgres, kafka, sandbox, databases } = foundations;
  const ofEach = <Value>(value: (part: ComponentPart) => Value) =>
    Object.fromEntries(componentNames.map((name) => [name, value(components[name])])) as Record<ComponentName, Value>;
  const database = serviceNames.map((name): [ServiceName, string] => [name, databases[name].appUrl]);
  return {
    urls: { ...ofEach((part) => part.url), sandbox: sandbox?.url ?? null, admin: ofEach((part) => part.adminUrl) },
    database: Object.fromEntries(database) as RunRecord['database'],
    kafka: { kind: kafka.kind, brokers: kafka.brokers?.join(',') ?? null },
    tokens,
    pids: {
      demo: process.pid,
      services: ofEach((part) => part.pid()),
      sandbox: sandbox?.pid() ?? null,
      kafka: kafka.pid(),
      postgres: postgres.pid(),
    },
  };
}
