import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { fileNames } from '../input/input-files.ts';
import type { Community } from './community.ts';

/** Writes a community as the files that `wewrite demo --input` reads; what has the same names is written over. */
export async function writeCommunity(directory: string, community: Community): Promise<void> {
  await mkdir(directory, { recursive: true });
  const write = (file: string, rows: readonly object[], columns: Readonly<Record<string, string>>) =>
    writeFile(join(directory, file), stringify([...rows], { header: true, columns }));
  const wish = { userId: 'user_id', resourceType: 'resource_type', resourceId: 'resource_id', usdCents: 'usd_cents' };
  await write(fileNames.writers, community.writers, {
    userId: 'user_id',
    name: 'name',
    payoutAccount: 'payout_account',
  });
  await write(fileNames.resources, community.resources, {
    resourceType: 'resource_type',
    resourceId: 'resource_id',
    ownerUserId: 'owner_user_id',
    title: 'title',
  });
  await write(fileNames.supporters, community.supporters, {
    userId: 'user_id',
    name: 'name',
    monthlyCents: 'monthly_cents',
    renewsAtCents: 'renews_at_cents',
    payment: 'payment',
  });
  await write(fileNames.allocations, community.allocations, wish);
  const changes = community.changes.map((change) => ({ ...change, at: change.at.toISOString() }));
  await write(fileNames.changes, changes, { at: 'at', ...wish });
}
