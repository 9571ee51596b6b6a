import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { benchLedger } from '../src/bench-ledger.ts';
import { describeLedger } from '../src/describe-ledger.ts';

test('bench ledger: every way of posting is measured, and its balances add up', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'wewrite-bench-'));
  try {
    const rounds = await benchLedger({ rounds: 1, transfers: 50, directory, say: () => undefined });
    expect(rounds[0]?.batches.map(({ batch }) => batch)).toEqual([1, 10, 100, 1_000, 8_000]);
    expect(describeLedger(rounds)).toContain('| at least 5 × one statement a transfer, hot |');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
