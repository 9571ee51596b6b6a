import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type Stripe from 'stripe';
import { z } from 'zod';
import { EnvironmentFault } from '../exit-codes.ts';

const accountSchema = z.object({ id: z.string() });

/**
 * The sandbox's storage account, as somebody opens one in Stripe's dashboard and sets payouts to manual; gives its id,
 * which `file` remembers for a sandbox that is kept.
 */
export async function storageAccount(stripe: Stripe, sandboxUrl: string, file: string): Promise<string> {
  await stripe.balanceSettings.update({ payments: { payouts: { schedule: { interval: 'manual' } } } });
  if (existsSync(file)) return accountSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).id;
  const response = await fetch(new URL('/_sandbox/financial_accounts', sandboxUrl), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'storage', display_name: 'Writers’ earnings' }),
  });
  if (!response.ok) throw new EnvironmentFault(`the sandbox opens no storage account: ${await response.text()}`);
  const { id } = accountSchema.parse(await response.json());
  writeFileSync(file, JSON.stringify({ id }));
  return id;
}
