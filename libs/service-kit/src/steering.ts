import { hostname } from 'node:os';
import { z } from 'zod';
import { type Clock, realClock, type SteeredClock, steeredClock } from './clock.ts';

const ReadingSchema = z.object({ now: z.iso.datetime(), running: z.boolean() });

/** The process's clock: real time, or the reading of the clock that steers it. */
export async function openClock(clockUrl: string | undefined): Promise<Clock | SteeredClock> {
  if (clockUrl === undefined) return realClock;
  const answer = await fetch(new URL('/clock', clockUrl));
  const reading = ReadingSchema.parse(await answer.json());
  return steeredClock({ now: new Date(reading.now), running: reading.running });
}

/** Asks to be told of each change of the clock, and takes its reading of now. */
export async function followClock(clock: SteeredClock, clockUrl: string, adminUrl: string): Promise<void> {
  const answer = await fetch(new URL('/clock/register', clockUrl), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url: reachable(adminUrl) }),
  });
  const reading = ReadingSchema.parse(await answer.json());
  clock.set({ now: new Date(reading.now), running: reading.running });
}

/** Whoever listens on every address is reached by the name of its machine: in a container, that of the container. */
function reachable(url: string): string {
  const address = new URL(url);
  if (address.hostname === '0.0.0.0') address.hostname = hostname();
  return address.origin;
}
