import { describe, expect, test } from '@jest/globals';
import { ConfigError } from '@wewrite/service-kit';
import { parseKafkaChoice, readConfig } from './config.ts';
import { EnvironmentFault, exitCodeOf, explain, RunFailure, UsageFault } from './exit-codes.ts';
import { Faults, InputRefused } from './input/fault.ts';

describe('exit codes', () => {
  test.each([
    [1, new Error('a bug')],
    [1, new RunFailure('not reconciled')],
    [2, new UsageFault('no such thing')],
    [3, new InputRefused(new Faults())],
    [4, new EnvironmentFault('no broker')],
    [4, new ConfigError('PORT')],
  ])('%d for %s', (code, error) => {
    expect(exitCodeOf(error)).toBe(code);
  });

  test('a failure is explained with its causes, and only a bug with its place in the code', () => {
    const failure = new RunFailure('the demo failed', { cause: new Error('no route', { cause: 'a wire' }) });
    expect(explain(failure)).toBe('the demo failed\n  because: no route\n  because: a wire');
    expect(explain(new Error('a bug'))).toContain('exit-codes.test');
  });
});

describe('the environment', () => {
  test('names every variable at fault at once', () => {
    const environment = { DATABASE_URL: 'mysql://x', KAFKA_BROKERS: 'localhost' };
    expect(() => readConfig(environment)).toThrow(/DATABASE_URL[\s\S]*HOST:PORT[\s\S]*KAFKA_BROKERS/);
  });

  test('takes an empty variable for an absent one', () => {
    expect(readConfig({ DATABASE_URL: '', KAFKA_BROKERS: '' })).toMatchObject({
      databaseUrl: null,
      kafkaBrokers: null,
    });
  });

  test('reads --kafka', () => {
    expect(parseKafkaChoice('jvm')).toEqual({ kind: 'jvm' });
    expect(parseKafkaChoice('one:9092,two:9092')).toEqual({ kind: 'external', brokers: ['one:9092', 'two:9092'] });
    expect(parseKafkaChoice('rabbit')).toBeNull();
  });
});
