import { describe, expect, test } from '@jest/globals';
import { parseEnvironment } from '@wewrite/service-kit';
import { environment } from './config.ts';

const given = {
  DATABASE_URL: 'postgres://billing_app@127.0.0.1/wewrite',
  KAFKA_BROKERS: '127.0.0.1:9092',
  JWKS_FILE: 'jwks.json',
  STRIPE_SECRET_KEY: 'sk_test_1',
  STRIPE_WEBHOOK_SECRET: 'whsec_new, whsec_old',
  STRIPE_CONNECT_WEBHOOK_SECRET: 'whsec_connect',
  STRIPE_V2_WEBHOOK_SECRET: 'whsec_thin',
  STRIPE_FINANCIAL_ACCOUNT_ID: 'fa_storage',
};

describe('billing’s configuration', () => {
  test('a secret that is being rotated is a list', () => {
    expect(parseEnvironment(environment, given).STRIPE_WEBHOOK_SECRET).toEqual(['whsec_new', 'whsec_old']);
  });

  test.each(['sk_live_1', 'rk_live_1'])('a live key (%s) is refused outside of production', (key) => {
    expect(() => parseEnvironment(environment, { ...given, STRIPE_SECRET_KEY: key })).toThrow('live key');
    const production = { ...given, STRIPE_SECRET_KEY: key, NODE_ENV: 'production' };
    expect(parseEnvironment(environment, production).STRIPE_SECRET_KEY).toBe(key);
  });

  test('storage is the escrow unless told otherwise, and needs its account', () => {
    expect(parseEnvironment(environment, given).ESCROW).toBe('storage');
    const { STRIPE_FINANCIAL_ACCOUNT_ID: _account, ...without } = given;
    expect(() => parseEnvironment(environment, without)).toThrow('STRIPE_FINANCIAL_ACCOUNT_ID');
    expect(parseEnvironment(environment, { ...without, ESCROW: 'connect' }).ESCROW).toBe('connect');
  });

  test('B8: revenue is withdrawn only where an amount to retain is given, and nothing is no amount', () => {
    expect(parseEnvironment(environment, given).REVENUE_RETAINED_CENTS).toBeUndefined();
    expect(parseEnvironment(environment, { ...given, REVENUE_RETAINED_CENTS: '500' }).REVENUE_RETAINED_CENTS).toBe(500);
    const parse = () => parseEnvironment(environment, { ...given, REVENUE_RETAINED_CENTS: '' });
    expect(parse).toThrow('REVENUE_RETAINED_CENTS');
  });

  test('every fault is named at once', () => {
    const faulty = { ...given, STRIPE_SECRET_KEY: 'pk_test_1', STRIPE_V2_WEBHOOK_SECRET: '', ESCROW: 'bank' };
    const parse = () => parseEnvironment(environment, faulty);
    for (const name of ['STRIPE_SECRET_KEY', 'STRIPE_V2_WEBHOOK_SECRET', 'ESCROW']) expect(parse).toThrow(name);
  });
});
