import { describe, expect, test } from '@jest/globals';
import { catalogue } from './mutants/catalogue.ts';
import { describeMutants, rowsOf } from './mutants/describe-mutants.ts';
import { type Mutant, mutated } from './mutants/mutant.ts';
import { exists, read } from './repository.ts';

// The catalogue itself, without running any of it: `npm run mutants` does.

function faultOf(mutant: Mutant): string | null {
  try {
    return mutated(read(mutant.file), mutant) === read(mutant.file) ? `${mutant.name} changes nothing` : null;
  } catch (error) {
    return Error.isError(error) ? error.message : String(error);
  }
}

describe('the catalogue of mutants', () => {
  test('Mutants: the text that each one replaces stands in its file, once', () => {
    const files = catalogue.filter(({ file }) => !exists(file)).map(({ name, file }) => `${name}: ${file} is gone`);
    expect(files).toEqual([]);
    expect(catalogue.flatMap((mutant) => faultOf(mutant) ?? [])).toEqual([]);
  });

  test('Mutants: each has a name of its own, a rule, and test files that exist', () => {
    const names = catalogue.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name))).toEqual([]);
    const without = catalogue.filter(({ tests }) => tests.length === 0 || !tests.every(exists));
    expect(without.map(({ name, tests }) => `${name}: ${tests}`)).toEqual([]);
  });

  test('Mutants: every one stands in docs/mutants.md, and no other; each was tried and is caught', () => {
    const rows = [...rowsOf(read('docs/mutants.md'))];
    expect(rows.map(([name]) => name)).toEqual(catalogue.map(({ name }) => name));
    expect(rows.filter(([, { caughtBy }]) => /^\*\*.*\*\*$/.test(caughtBy))).toEqual([]);
  });
});

describe('a mutant', () => {
  const mutant: Mutant = {
    name: 'twice-the-fee',
    rule: 'C1',
    wrong: 'a fee | is taken twice',
    file: 'fee.ts',
    edits: [{ from: 'gross * bps', to: '2 * gross * bps' }],
    tests: ['fee.test.ts'],
  };

  test('Mutants: replaces its text, and refuses when that is gone or stands there twice', () => {
    expect(mutated('return gross * bps;', mutant)).toBe('return 2 * gross * bps;');
    expect(() => mutated('return gross * rate;', mutant)).toThrow('twice-the-fee: its text stands 0 times in fee.ts');
    expect(() => mutated('gross * bps + gross * bps', mutant)).toThrow('stands 2 times');
  });

  test('Mutants: a row says which test has caught it, and which seed, and stays when it is not tried again', () => {
    const verdict = { kind: 'caught', testFile: 'fee.test.ts', test: 'C1: the fee | is one', reason: '' } as const;
    const bySimulation = { kind: 'caught', seed: 3, sentence: 'books differ' } as const;
    const row = '| `twice-the-fee` | a fee \\| is taken twice | C1 | `fee.ts` | fee.test.ts: C1: the fee \\| is one |';
    const lastLine = (page: string) => page.trim().split('\n').at(-1);
    const page = describeMutants([mutant], [{ mutant, verdict }], '');
    expect(lastLine(page)).toBe(`${row}  |`);
    expect(lastLine(describeMutants([mutant], [], page))).toBe(`${row}  |`);
    const simulated = describeMutants([mutant], [{ mutant, bySimulation }], page);
    expect(lastLine(simulated)).toBe(`${row} seed 3: books differ |`);
    expect(lastLine(describeMutants([mutant], [], simulated))).toBe(`${row} seed 3: books differ |`);
    expect(lastLine(describeMutants([mutant], [], ''))).toContain('**not tried**');
  });
});
