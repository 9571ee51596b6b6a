import { setTimeout as delay } from 'node:timers/promises';
import { RunFailure } from '../exit-codes.ts';

const sandboxPatienceMs = 3_000;

/**
 * Has something happen at the sandbox; answers what it says. Orders are made again while the sandbox is being started
 * again: what they do twice does no harm.
 */
export async function orderAtSandbox(url: URL, body: object): Promise<unknown> {
  const order = () =>
    fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  const response = await order().catch(async () => {
    await delay(sandboxPatienceMs);
    return order();
  });
  const text = await response.text();
  if (!response.ok) throw new RunFailure(`sandbox: POST ${url.pathname} answered ${response.status} ${text}`);
  return JSON.parse(text);
}
