import { type ServiceName, serviceNames } from '@wewrite/contracts';
import type { ServiceDescription } from '@wewrite/service-kit';
import { services } from '../stack/services.ts';

/** Enough for every service's environment to parse. Nothing of it is there, and nothing is connected to. */
const environment = {
  DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing',
  KAFKA_BROKERS: '127.0.0.1:1',
  JWKS_FILE: 'nothing',
  LOG_LEVEL: 'silent',
  LINE_KEY_SECRET: 'of a service that derives no key',
  STRIPE_SECRET_KEY: 'sk_test_nothing',
  STRIPE_WEBHOOK_SECRET: 'nothing',
  STRIPE_CONNECT_WEBHOOK_SECRET: 'nothing',
  STRIPE_V2_WEBHOOK_SECRET: 'nothing',
  STRIPE_FINANCIAL_ACCOUNT_ID: 'fa_nothing',
};

/** What each service hears and answers, by the code of this checkout; none of them runs. */
export async function describeServices(): Promise<ReadonlyMap<ServiceName, ServiceDescription>> {
  const described = serviceNames.map(async (name) => [name, await services[name].describe(environment)] as const);
  return new Map(await Promise.all(described));
}
