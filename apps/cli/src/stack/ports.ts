import { serviceNames } from '@wewrite/contracts';
import { freePort } from '@wewrite/local-stack';

/** Everything that runs as a service: the five, and the gateway before them. */
export const componentNames = [...serviceNames, 'gateway'] as const;
export type ComponentName = (typeof componentNames)[number];

/** Where a component answers: clients, and operations. */
export interface ComponentPorts {
  readonly port: number;
  readonly adminPort: number;
}

export interface StackPorts {
  readonly sandbox: number;
  readonly components: Readonly<Record<ComponentName, ComponentPorts>>;
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

/** Chooses every port beforehand, since parts have to know each other's; those that are taken are stepped over. */
export async function choosePorts(): Promise<StackPorts> {
  const taken = new Set<number>();
  const choose = async (wanted: number): Promise<number> => {
    const port = await freePort(wanted);
    if (taken.has(port)) return choose(port + 1);
    taken.add(port);
    return port;
  };
  const components: Partial<Record<ComponentName, ComponentPorts>> = {};
  for (const name of componentNames) {
    const port = await choose(preferred[name]);
    components[name] = { port, adminPort: await choose(preferred[name] + adminDistance) };
  }
  return { sandbox: await choose(preferredSandbox), components: components as StackPorts['components'] };
}
