import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { allocations } from '@wewrite/allocations';
import { AllocationsSchema, ImportedDuplicateSchema } from '@wewrite/contracts';
import { type Harness, startHarness } from '@wewrite/local-stack/harness';
import { runnable } from '@wewrite/service-kit';
import { z } from 'zod';

const program = fileURLToPath(new URL('../main.ts', import.meta.url));
/** Each command is a process that has to start. */
const deadlineMs = 240_000;

const files = {
  'writers.csv': 'user_id,name,payout_account\nwanda,Wanda,ready\n',
  'resources.csv': 'resource_type,resource_id,owner_user_id,title\npage,a,wanda,"A, and more"\npage,b,wanda,B\n',
  'supporters.csv': 'user_id,name,monthly_cents,renews_at_cents,payment\nsam,Sam,1000,,ok\nsue,Sue,400,,ok\n',
  'allocations.csv':
    'user_id,resource_type,resource_id,usd_cents\nsam,page,a,300\nsam,page,b,200\nsue,page,a,450\nsam,page,a,50\nsue,page,b,0\n',
};

let harness: Harness;
let directory: string;
beforeAll(async () => {
  const environment = { NODE_ENV: 'production' };
  harness = await startHarness({ services: [runnable(allocations)], now: '2026-11-10T12:00:00.000Z', environment });
  directory = mkdtempSync(join(tmpdir(), 'wewrite-import-'));
  writeFiles({});
}, deadlineMs);
afterAll(async () => {
  await harness.stop();
  rmSync(directory, { recursive: true, force: true });
});

function writeFiles(other: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries({ ...files, ...other })) writeFileSync(join(directory, name), text);
}

/** Runs `wewrite` in a process of its own, as the site or as an operator. */
async function wewrite(role: 'service' | 'admin', ...words: readonly string[]) {
  const token = await harness.token({ sub: 'olga', roles: [role] });
  const env = { ...process.env, WEWRITE_GATEWAY: harness.url('allocations'), WEWRITE_TOKEN: token };
  return new Promise<{ code: number; output: string; complaint: string }>((resolve) => {
    const child = execFile(process.execPath, [program, ...words], { env }, (_, output, complaint) =>
      resolve({ code: child.exitCode ?? -1, output, complaint }),
    );
  });
}

async function planOf(userId: string): Promise<string[]> {
  const authorization = `Bearer ${await harness.token({ sub: userId, roles: ['supporter'] })}`;
  const answer = await fetch(`${harness.url('allocations')}/v1/allocations`, { headers: { authorization } });
  const { allocations: standing } = AllocationsSchema.parse(await answer.json());
  return standing.map(({ resourceId, usdCents }) => `${resourceId} ${usdCents}`);
}

describe('wewrite import and dedupe', () => {
  test(
    'A13: a bad row stops an import with its place, before anything changes',
    async () => {
      writeFiles({ 'allocations.csv': `${files['allocations.csv']}sam,page,z,1\nsam,page,b,-1\n` });
      const { code, complaint } = await wewrite('service', 'import', directory);
      expect(code).toBe(3);
      expect(complaint).toContain('allocations.csv, line 7, column resource_id: "page/z" is an unknown resource');
      expect(complaint).toContain('allocations.csv, line 8, column usd_cents: "-1" is negative');
      expect(await planOf('sam')).toEqual([]);
      writeFiles({});
    },
    deadlineMs,
  );

  test(
    'A13: an import enters once, duplicates wait, and only --execute merges them, in production with --prod',
    async () => {
      const first = await wewrite('service', 'import', directory);
      expect(first).toMatchObject({ code: 0, complaint: '' });
      expect(first.output).toContain('plans of 2 supporters, 2 new resources');
      expect(first.output).toMatch(/entered +2 wishes +\$6\.50\n/);
      expect(first.output).toMatch(/duplicates +2 wishes +\$3\.50\n/);
      expect(first.output).toContain('1 supporters wished for more than they pay');
      const again = await wewrite('service', 'import', directory, '--json');
      expect(JSON.parse(again.output)).toEqual({
        supporters: 2,
        registered: 0,
        overspent: 1,
        states: {
          entered: { wishes: 2, cents: 650 },
          duplicate: { wishes: 2, cents: 350 },
          merged: { wishes: 0, cents: 0 },
          superseded: { wishes: 0, cents: 0 },
        },
      });
      expect([await planOf('sam'), await planOf('sue')]).toEqual([['b 200'], ['a 450']]);

      const report = await wewrite('admin', 'dedupe');
      expect(report).toMatchObject({ code: 0, complaint: '' });
      expect(report.output).toContain('sam: page a, $3.00 + $0.50 = $3.50\nto merge: 1 of 1 duplicated allocations');
      const unconfirmed = await wewrite('admin', 'dedupe', '--execute');
      expect(unconfirmed).toMatchObject({ code: 2, output: '' });
      expect(unconfirmed.complaint).toContain('--prod');
      expect(await planOf('sam')).toEqual(['b 200']);

      const merged = await wewrite('admin', 'dedupe', '--execute', '--prod', '--json');
      const answer = z.object({ merged: z.boolean(), duplicates: z.array(ImportedDuplicateSchema) });
      expect(answer.parse(JSON.parse(merged.output))).toMatchObject({
        merged: true,
        duplicates: [{ mergedCents: 350 }],
      });
      expect(await planOf('sam')).toEqual(['a 350', 'b 200']);
      expect(await wewrite('admin', 'dedupe')).toMatchObject({ code: 0, output: 'no duplicates\n' });
    },
    deadlineMs,
  );
});
