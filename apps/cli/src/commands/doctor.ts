import { statfs } from 'node:fs/promises';
import { dockerPresent, freePort, javaAndMavenPresent } from '@wewrite/local-stack';
import type { Command } from 'commander';
import { EnvironmentFault } from '../exit-codes.ts';

/** What was looked at, what was found, and what to do about it. */
export interface Finding {
  readonly what: string;
  /** `note`: it runs without, with less. */
  readonly verdict: 'good' | 'note' | 'bad';
  readonly found: string;
}

const ports = [8080, 8081, 8082, 8083, 8084, 8085, 8090];
const neededNode = 22;
const neededGigabytes = 2;
const marks = { good: '✓', note: '·', bad: '✗' } as const;

/** `wewrite doctor`: what this machine has for the demo and the tests, and what to do about the rest. Code 4 when it cannot run. */
export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('look at this machine: Node, Java, Docker, ports, disk; say what to do')
    .option('--json', 'as JSON', false)
    .action(async ({ json }: { json: boolean }) => {
      const findings = await Promise.all([node(), kafka(), docker(), freePorts(), disk()]);
      const lines = findings.map(({ what, verdict, found }) => `${marks[verdict]} ${what}: ${found}\n`);
      process.stdout.write(json ? `${JSON.stringify({ findings })}\n` : lines.join(''));
      if (findings.some(({ verdict }) => verdict === 'bad'))
        throw new EnvironmentFault('doctor: see the lines with ✗.');
    });
}

async function node(): Promise<Finding> {
  const isGood = Number(process.versions.node.split('.')[0]) >= neededNode;
  const found = `version ${process.versions.node}`;
  const advice = '; run it by npm, which takes the Node of package.json: npm run wewrite -- doctor';
  return { what: 'Node', verdict: isGood ? 'good' : 'bad', found: isGood ? found : `${found}${advice}` };
}

async function kafka(): Promise<Finding> {
  const present = await javaAndMavenPresent();
  const found = present.ok
    ? 'Java and Maven are there: the demo runs on Apache Kafka'
    : `${present.reason}: the demo runs on a broker inside its process; install Java 17 and Maven, or set KAFKA_BROKERS`;
  return { what: 'Kafka', verdict: present.ok ? 'good' : 'note', found };
}

async function docker(): Promise<Finding> {
  const present = await dockerPresent();
  const found = present.ok ? 'a daemon answers: Kafka can run in a container' : `${present.reason}; nothing needs one`;
  return { what: 'Docker', verdict: present.ok ? 'good' : 'note', found };
}

async function freePorts(): Promise<Finding> {
  const taken: number[] = [];
  for (const port of ports) if ((await freePort(port)) !== port) taken.push(port);
  const found = taken.length === 0 ? `${ports.join(', ')} are free` : `${taken.join(', ')} are taken and stepped over`;
  return { what: 'ports', verdict: taken.length === 0 ? 'good' : 'note', found };
}

async function disk(): Promise<Finding> {
  const { bavail, bsize } = await statfs('.');
  const gigabytes = Number(((bavail * bsize) / 1e9).toFixed(1));
  const isGood = gigabytes >= neededGigabytes;
  const found = `${gigabytes} GB free here`;
  const advice = `; make ${neededGigabytes} GB free: Postgres, Kafka and their logs live below .wewrite`;
  return { what: 'disk', verdict: isGood ? 'good' : 'bad', found: isGood ? found : `${found}${advice}` };
}
