import { beforeAll, describe, expect, test } from '@jest/globals';
import { topics } from '@wewrite/contracts';
import type { ContractFiles } from '@wewrite/contracts/compatibility';
import { goldenDirectory, releasedDirectory } from '@wewrite/contracts/golden';
import { checkContracts } from './check-contracts.ts';
import { contractFilesAt, currentContractFiles } from './contract-files.ts';

const golden = contractFilesAt(goldenDirectory);
let current: ContractFiles;
beforeAll(async () => {
  current = await currentContractFiles();
});

describe('the contracts of this checkout', () => {
  test('Contracts: what is committed is what the code says (after a change on purpose: npm run contracts)', () => {
    expect(golden).toEqual(current);
  });

  test('Contracts: nobody is broken who relies on the last release', () => {
    const findings = checkContracts(contractFilesAt(releasedDirectory), current);
    expect(findings.filter(({ severity }) => severity === 'breaking')).toEqual([]);
  });

  test('Contracts: what is committed at a revision is compared, too, and HEAD has every topic that was released', () => {
    const released = Object.keys(contractFilesAt(releasedDirectory)).filter((path) => path.endsWith('/schema.json'));
    expect(Object.keys(contractFilesAt('HEAD'))).toEqual(expect.arrayContaining(released));
  });

  test('Contracts: a contract that is taken away is found, and whom that hits', () => {
    const [first] = topics;
    const { [`${first.name}/schema.json`]: _, ...rest } = current;
    expect(checkContracts(current, rest)).toMatchObject([
      { severity: 'breaking', contract: `topic ${first.name}`, owners: first.owners, hits: first.hearers },
    ]);
  });

  test('Contracts: a place without contracts is refused', () => {
    expect(() => contractFilesAt('no-such-revision')).toThrow('no-such-revision is no directory and no git revision');
    expect(() => contractFilesAt(new URL('.', import.meta.url))).toThrow('there are none');
  });
});
