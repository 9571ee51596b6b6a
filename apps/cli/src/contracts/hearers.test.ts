import { beforeAll, describe, expect, test } from '@jest/globals';
import { type ServiceName, topics } from '@wewrite/contracts';
import { describeServices } from './describe-services.ts';

let heard: ReadonlyMap<ServiceName, ReadonlySet<string>>;
beforeAll(async () => {
  heard = new Map([...(await describeServices())].map(([name, { hears }]) => [name, new Set(hears)]));
});

describe('who hears a topic', () => {
  test.each([...topics])('Contracts: $name is heard by the services that it lists', ({ name, hearers }) => {
    const hearing = [...heard].filter(([, names]) => names.has(name)).map(([service]) => service);
    expect(hearing.toSorted()).toEqual(hearers.toSorted());
  });
});
