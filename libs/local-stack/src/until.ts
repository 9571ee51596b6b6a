import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks `check` again and again until it answers something other than `null`, and returns that answer.
 * Throws, naming `what`, when `deadlineMs` have passed.
 */
export async function until<Answer>(
  what: string,
  check: () => Promise<Answer | null> | Answer | null,
  { deadlineMs, everyMs = 50 }: { deadlineMs: number; everyMs?: number },
): Promise<Answer> {
  const endsAt = performance.now() + deadlineMs;
  for (;;) {
    const answer = await check();
    if (answer !== null) return answer;
    if (performance.now() > endsAt) throw new Error(`Waited ${deadlineMs} ms in vain: ${what}.`);
    await delay(everyMs);
  }
}
