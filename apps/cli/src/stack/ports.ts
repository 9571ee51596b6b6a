import { createServer, type Server } from 'node:net';
import { serviceNames } from '@wewrite/contracts';

/** Everything that runs as a service: the five, and the gateway before them. */
export const componentNames = [...serviceNames, 'gateway'] as const;
export type ComponentName = (typeof componentNames)[number];

/** Where a component answers: clients, and operations. */
export interface ComponentPorts {
  readonly port: number;
  readonly adminPort: number;
}

/** Ports of 127.0.0.1 that are held for the stack until `release`, just before their owner takes them. */
export interface StackPorts {
  readonly sandbox: number;
  readonly components: Readonly<Record<ComponentName, ComponentPorts>>;
  release(...ports: readonly number[]): Promise<void>;
}

const preferred: Readonly<Record<ComponentName, number>> = {
  gateway: 8080,
  allocations: 8081,
  billing: 8082,
  earnings: 8083,
  payouts: 8084,
  monitoring: 8085,
};
const preferredSandbox = 8090;
const adminDistance = 1000;
const steps = 500;

/** Chooses every port beforehand, since parts have to know each other's; those that are taken are stepped over. */
export async function choosePorts(): Promise<StackPorts> {
  const held = new Map<number, Server>();
  const choose = async (wanted: number): Promise<number> => {
    for (let port = wanted; port < wanted + steps; port++) {
      const server = await hold(port);
      if (server === null) continue;
      held.set(port, server);
      return port;
    }
    throw new Error(`Ports ${wanted} to ${wanted + steps - 1} of 127.0.0.1 are all taken.`);
  };
  const components: Partial<Record<ComponentName, ComponentPorts>> = {};
  for (const name of componentNames) {
    const port = await choose(preferred[name]);
    components[name] = { port, adminPort: await choose(preferred[name] + adminDistance) };
  }
  return {
    sandbox: await choose(preferredSandbox),
    components: components as StackPorts['components'],
    release: async (...ports) => {
      for (const port of ports) {
        const server = held.get(port);
        held.delete(port);
        await new Promise((resolve) => (server === undefined ? resolve(null) : server.close(resolve)));
      }
    },
  };
}

/** Listens so that nobody else takes the port; null when somebody has. */
function hold(port: number): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(null);
      else reject(error);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server.unref()));
  });
}
