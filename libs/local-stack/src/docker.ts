import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Log } from './log.ts';

const run = promisify(execFile);
const answerTimeoutMs = 5_000;
const pullTimeoutMs = 180_000;

/** Whether something can be had; if not, the reason, for people. */
export type Present = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Whether a Docker daemon answers here. */
export async function dockerPresent(): Promise<Present> {
  return run('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: answerTimeoutMs }).then(
    () => ({ ok: true }),
    () => ({ ok: false, reason: 'no Docker daemon answers' }),
  );
}

/** Whether a container of the image can be started here: it is there, or the daemon fetches it now. */
export async function imagePresent(image: string, log: Log): Promise<Present> {
  const docker = await dockerPresent();
  if (!docker.ok || (await isHere(image))) return docker;
  log(`The image ${image} is fetched, once.`);
  return run('docker', ['pull', '--quiet', image], { timeout: pullTimeoutMs }).then(
    () => ({ ok: true }),
    () => ({ ok: false, reason: `Docker cannot fetch the image ${image}` }),
  );
}

function isHere(image: string): Promise<boolean> {
  return run('docker', ['image', 'inspect', image], { timeout: answerTimeoutMs }).then(
    () => true,
    () => false,
  );
}
