import { setTimeout as delay } from 'node:timers/promises';

const deadlineMs = 30_000;
const retryMs = 50;

function isOneOf(error: unknown, types: readonly string[]): boolean {
  if (!Error.isError(error)) return false;
  const type: unknown = Reflect.get(error, 'type');
  return (typeof type === 'string' && types.includes(type)) || isOneOf(error.cause, types);
}

/**
 * Asks again, quietly and for at most 30 s, while Kafka answers with one of these error types: a broker that has just
 * started, a topic or group that has just been made, need seconds until a leader or coordinator can be asked. `prepare`
 * is done before each further try.
 */
export async function patiently<Result>(
  types: readonly string[],
  ask: () => Promise<Result>,
  prepare: () => Promise<unknown> = async () => undefined,
): Promise<Result> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isOneOf(error, types) || Date.now() > deadline) throw error;
      await delay(retryMs);
      await prepare();
    }
  }
}
