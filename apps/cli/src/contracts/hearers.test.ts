import { beforeAll, describe, expect, test } from '@jest/globals';
import { type ServiceName, topics } from '@wewrite/contracts';
import { describeServices } from './describe-services.ts';

/** Listed ahead of the code: who is to hear a topic hears it before anybody says it. */
const awaited: Readonly<Record<string, readonly ServiceName[]>> = {
  'allocation.changed': ['earnings'],
  'writer.changed': ['allocations'],
  'schedule.changed': ['earnings'],
  'payment.reversed': ['earnings'],
  'earnings.reversed': ['billing', 'payouts'],
  'balance.adjusted': ['billing'],
  'hold.changed': ['payouts'],
  'payout.requested': ['earnings'],
  'payout.settled': ['earnings'],
};

let heard: ReadonlyMap<ServiceName, ReadonlySet<string>>;
beforeAll(async () => {
  heard = new Map([...(await describeServices())].map(([name, { hears }]) => [name, new Set(hears)]));
});

describe('who hears a topic', () => {
  test.each([...topics])('Contracts: $name is heard by the services that it lists', ({ name, hearers }) => {
    const hearing = [...heard].filter(([, names]) => names.has(name)).map(([service]) => service);
    const expected = hearers.filter((service) => hearing.includes(service) || !awaited[name]?.includes(service));
    expect(expected.toSorted()).toEqual(hearing.toSorted());
  });
});
