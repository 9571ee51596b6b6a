import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { apiVersion } from '../../libs/local-stack/src/sandbox/engine/events.ts';
import { endpoints } from '../../libs/local-stack/src/sandbox/objects/catalogue.ts';
import { describedCalls } from './described-calls.ts';

/** Where the sandbox reads it. */
export const descriptionFile = new URL('../../libs/local-stack/src/sandbox/description.jsonl', import.meta.url);

const sdk = fileURLToPath(new URL('../../node_modules/stripe/', import.meta.url));

/**
 * What Stripe takes as parameters of each call that the sandbox answers, as the pinned SDK's generated types say: a line that
 * says where it is from, then a line a call.
 */
export function description(): string {
  const { version } = JSON.parse(readFileSync(`${sdk}package.json`, 'utf8')) as { version: string };
  const asked = new Set(endpoints.map(({ method, path }) => `${method} ${path}`));
  const calls = describedCalls(`${sdk}esm`, asked);
  const missing = asked.difference(new Set(calls.map(({ call }) => call)));
  if (missing.size > 0) throw new Error(`the SDK makes no such call: ${[...missing].join(', ')}`);
  const origin = { madeBy: 'tools/stripe-description/write-description.ts', from: `stripe ${version}`, apiVersion };
  return [origin, ...calls.sort((one, other) => (one.call < other.call ? -1 : 1))]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');
}
