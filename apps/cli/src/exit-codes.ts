import { ConfigError } from '@wewrite/service-kit';
import { InputRefused } from './input/fault.ts';

/** What the command's exit code says. */
export const exitCodes = { reconciled: 0, failed: 1, usage: 2, badInput: 3, environment: 4 } as const;

/** The command was called in a way that cannot work; the message says which one can. */
export class UsageFault extends Error {
  override readonly name = 'UsageFault';
}

/** The machine or its configuration lacks something; the message says which part and what to do. */
export class EnvironmentFault extends Error {
  override readonly name = 'EnvironmentFault';
}

/** The exit code of a failure. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageFault) return exitCodes.usage;
  if (error instanceof InputRefused) return exitCodes.badInput;
  if (error instanceof EnvironmentFault || error instanceof ConfigError) return exitCodes.environment;
  return exitCodes.failed;
}

/** What a person is told of a failure: expected ones by their sentence, our own bugs with their place. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const expected = exitCodeOf(error) !== exitCodes.failed || error.name !== 'Error';
  const text = expected ? error.message : (error.stack ?? error.message);
  return error.cause === undefined ? text : `${text}\n  because: ${explain(error.cause)}`;
}
