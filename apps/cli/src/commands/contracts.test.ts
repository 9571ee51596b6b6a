import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { goldenDirectory } from '@wewrite/contracts/golden';

const program = fileURLToPath(new URL('../main.ts', import.meta.url));
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'wewrite-contracts-'));
  cpSync(goldenDirectory, directory, { recursive: true });
  // As if there had been a topic that is no more.
  cpSync(new URL('escrow.funded', goldenDirectory), join(directory, 'escrow.lost'), { recursive: true });
});
afterAll(() => rmSync(directory, { recursive: true }));

function check(...words: readonly string[]) {
  const parameters = [program, 'contracts', 'check', ...words];
  const { status, stdout, stderr } = spawnSync(process.execPath, parameters, { encoding: 'utf8' });
  return { code: status, output: stdout, complaint: stderr };
}

describe('wewrite contracts check', () => {
  test('Contracts: ends with 0 where nothing breaks, and compares with the last release unless told', () => {
    expect(check()).toMatchObject({
      code: 0,
      output: expect.stringMatching(/0 breaking changes, \d+ others, against the last release\n$/),
    });
  });

  test('Contracts: ends with 1 and names what breaks and whom it hits, for people and as JSON', () => {
    const { code, output } = check('--against', directory);
    expect(code).toBe(1);
    expect(output).toContain(
      'breaking topic escrow.lost (of billing): it is gone: who hears it gets nothing any more. It hits payouts.',
    );
    const { output: json } = check('--against', directory, '--json');
    expect(JSON.parse(json)).toMatchObject({ breaking: 1, findings: [{ owners: ['billing'], hits: ['payouts'] }] });
  });

  test('Contracts: ends with 2 where there are no contracts', () => {
    expect(check('--against', 'no-such-place')).toMatchObject({ code: 2, output: '' });
  });
});
