import { describe, expect, test } from '@jest/globals';
import { exists, files, isDirectory, read } from './repository.ts';

// What a workspace is made of, and what the lock file may say.

interface Package {
  readonly name: string;
  readonly type?: string;
  readonly private?: boolean;
  readonly license?: string;
  readonly exports?: unknown;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
}

const manifests = files.filter((path) => /^([^/]+\/[^/]+\/)?package\.json$/.test(path));
const packages = new Map<string, Package>(manifests.map((path) => [path, JSON.parse(read(path))]));
const services = [...new Set(files.flatMap((path) => path.match(/^services\/([^/]+)\//)?.[1] ?? []))];

function dependenciesOf(path: string): [string, string][] {
  const manifest = packages.get(path);
  return Object.entries({ ...manifest?.dependencies, ...manifest?.devDependencies });
}

describe('packages', () => {
  test('Style: each workspace is private, an ES module, licensed, and closes its inside with exports', () => {
    const wrong = [...packages].filter(([path, manifest]) => {
      const isOpen = path !== 'package.json' && manifest.exports === undefined;
      return isOpen || manifest.private !== true || manifest.type !== 'module' || manifest.license !== 'Apache-2.0';
    });
    expect(wrong.map(([path]) => path)).toEqual([]);
  });

  test('Versions of dependencies are exact, so that an install is the same everywhere', () => {
    const loose = manifests.flatMap((path) =>
      dependenciesOf(path)
        .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
        .map(([name, version]) => `${path}: ${name} ${version}`),
    );
    expect(loose).toEqual([]);
  });

  test('A dependency has one version in the whole house', () => {
    const versions = Map.groupBy(manifests.flatMap(dependenciesOf), ([name]) => name);
    const several = [...versions].filter(([, uses]) => new Set(uses.map(([, version]) => version)).size > 1);
    expect(several).toEqual([]);
  });

  test('The lock file holds checksums and no download addresses, so that any registry serves it', () => {
    const lock: { packages: Record<string, { resolved?: string }> } = JSON.parse(read('package-lock.json'));
    const downloads = Object.entries(lock.packages).filter(([, entry]) => entry.resolved?.includes('://'));
    expect(downloads.map(([name]) => name)).toEqual([]);
  });
});

describe('services', () => {
  const frame = ['main.ts', 'telemetry.ts', 'config.ts', 'app.ts', 'db.ts', 'events.ts'];
  // The gateway owns no data and hears nothing.
  const gatewayFrame = ['main.ts', 'telemetry.ts', 'config.ts', 'app.ts'];

  test.each(services)('Style: %s has its README and the frame files that every service has', (service) => {
    const wanted = (service === 'gateway' ? gatewayFrame : frame).map((file) => `src/${file}`);
    const missing = ['README.md', 'package.json', ...wanted].filter((file) => !exists(`services/${service}/${file}`));
    expect(missing).toEqual([]);
  });

  test.each(services.filter((service) => service !== 'gateway'))(
    'Style: the README of %s says what it owns, hears, says and promises, in few lines',
    (service) => {
      const path = `services/${service}/README.md`;
      const text = exists(path) ? read(path) : '';
      expect(
        ['owns', 'hears', 'says', 'promises'].filter((word) => !new RegExp(`\\b${word}\\b`, 'i').test(text)),
      ).toEqual([]);
      expect(text.split('\n').length).toBeLessThanOrEqual(60);
    },
  );

  test.each(services.filter((service) => service !== 'gateway'))('Style: %s is tested as a whole', (service) => {
    expect(isDirectory(`services/${service}/tests`)).toBe(true);
  });
});
