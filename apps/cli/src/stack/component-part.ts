import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runGateway } from '@wewrite/gateway';
import { type Child, endRecordedProcess, startChild } from '@wewrite/local-stack';
import type { Broker, KitConfig, RunningService } from '@wewrite/service-kit';
import type { Part } from './part.ts';
import type { ComponentName, ComponentPorts } from './ports.ts';
import { whenAnswering } from './sandbox-part.ts';
import type { Environment } from './service-environment.ts';
import { services } from './services.ts';

/** A service, or the gateway. */
export interface ComponentPart extends Part {
  readonly name: ComponentName;
  readonly url: string;
  readonly adminUrl: string;
}

type OpenBroker = (config: KitConfig, service: string) => Broker;

/** Starts a component inside this process. */
export async function startInProcess(
  name: ComponentName,
  environment: Environment,
  openBroker: OpenBroker,
): Promise<ComponentPart> {
  const callbacks: ((how: string) => void)[] = [];
  const run = async () => {
    const running =
      name === 'gateway' ? await runGateway(environment) : await services[name].run({ environment, openBroker });
    void running.crashed.then((error) => {
      for (const callback of callbacks) callback(error.message);
    });
    return running;
  };
  let running: RunningService = await run();
  return {
    name,
    choice: 'in this process',
    url: running.url,
    adminUrl: running.adminUrl,
    pid: () => null,
    onDeath: (callback) => void callbacks.push(callback),
    restart: async () => {
      await running.stop();
      running = await run();
    },
    stop: () => running.stop(),
  };
}

/** Starts a component in a process of its own and waits until it answers. */
export async function startAsProcess(
  name: ComponentName,
  environment: Environment,
  { directory, ports }: { directory: string; ports: ComponentPorts },
): Promise<ComponentPart> {
  const callbacks: ((how: string) => void)[] = [];
  const url = `http://127.0.0.1:${ports.port}`;
  const adminUrl = `http://127.0.0.1:${ports.adminPort}`;
  const files = join(directory, 'processes', name);
  mkdirSync(dirname(files), { recursive: true });
  const recordFile = `${files}.json`;
  await endRecordedProcess(recordFile);
  const start = async () => {
    const child = await launch(name, environment, { logFile: `${files}.log`, recordFile });
    await whenAnswering(child, `${adminUrl}/livez`, `${files}.log`);
    // One that dies before it answers has not started, which whoever starts it is told by the throw.
    void child.exited.then(({ wanted, code, signal }) => {
      for (const callback of wanted ? [] : callbacks) callback(`it ended with ${code ?? signal}`);
    });
    return child;
  };
  let child = await start();
  return {
    name,
    choice: 'in a process of its own',
    url,
    adminUrl,
    pid: () => child.pid,
    onDeath: (callback) => void callbacks.push(callback),
    restart: async () => {
      child = await start();
    },
    stop: () => child.stop(),
  };
}

function launch(
  name: ComponentName,
  environment: Environment,
  files: { logFile: string; recordFile: string },
): Promise<Child> {
  const source = dirname(fileURLToPath(import.meta.resolve(`@wewrite/${name}`)));
  return startChild({
    command: process.execPath,
    commandArguments: ['--import', './src/telemetry.ts', './src/main.ts'],
    workingDirectory: dirname(source),
    environment,
    ...files,
  });
}
