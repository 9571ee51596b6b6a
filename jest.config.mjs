import { availableParallelism } from 'node:os';

// One Jest project per tier; every tier that needs a server starts its own real one (see libs/local-stack/src/testing.ts).
const shared = {
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
  // Workspaces are symlinks: their sources are transformed, packages from the registry are not.
  transformIgnorePatterns: ['/node_modules/(?!@wewrite/)'],
  testEnvironment: 'node',
  globalSetup: '<rootDir>/libs/local-stack/src/testing-setup.ts',
  globalTeardown: '<rootDir>/libs/local-stack/src/testing-teardown.ts',
};

export default {
  testTimeout: 60_000,
  // A test of a service waits for its servers about as long as it works: one worker a core would leave cores idle. Eight
  // have as many connections at most as the tests' Postgres takes.
  maxWorkers: Math.min(8, Math.ceil(1.5 * availableParallelism())),
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: [
        '<rootDir>/{libs,services,apps}/*/src/**/*.test.ts',
        '<rootDir>/bench/src/*.test.ts',
        '<rootDir>/tools/*.test.ts',
      ],
    },
    { ...shared, displayName: 'service', testMatch: ['<rootDir>/{libs,services,apps}/*/tests/**/*.test.ts'] },
    {
      ...shared,
      displayName: 'system',
      testMatch: ['<rootDir>/{bench/tests,tests,tests/scenarios}/*.test.ts', '<rootDir>/tests/simulation/**/*.test.ts'],
    },
    { ...shared, displayName: 'container', testMatch: ['<rootDir>/tests/container/*.test.ts'] },
  ],
};
