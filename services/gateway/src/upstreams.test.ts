import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { serviceNames } from '@wewrite/contracts';
import { goldenDirectory } from '@wewrite/contracts/golden';
import { z } from 'zod';
import { ownerOf } from './upstreams.ts';

const DocumentSchema = z.object({ paths: z.record(z.string(), z.unknown()) });

/** The paths of a service's contract, with something in the place of each parameter. */
function pathsOf(service: string): string[] {
  const text = readFileSync(new URL(`http/${service}.json`, goldenDirectory), 'utf8');
  return Object.keys(DocumentSchema.parse(JSON.parse(text)).paths).map((path) => path.replace(/\{[^}]+\}/g, '2026-11'));
}

describe('which service owns a path', () => {
  test.each(serviceNames)('every call of %s reaches it', (service) => {
    const paths = pathsOf(service);
    expect(paths).not.toEqual([]);
    expect(paths.map((path) => [path, ownerOf(path)])).toEqual(paths.map((path) => [path, service]));
  });
});
