// The house's walls. A rule's name says what is wrong when it is broken; `npm run boundaries` checks them.
const test = '(/tests/|[.]test[.]ts$)';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Modules that need each other are one module, or the wrong two.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'An import that leads nowhere, or that no package.json declares.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'libs-know-no-service',
      comment: 'Libraries carry mechanism; who uses them is not their business.',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^(services|apps)/' },
    },
    {
      name: 'contracts-are-zod-and-node',
      comment: 'What crosses a boundary is described without I/O and without any other library.',
      severity: 'error',
      from: { path: '^libs/contracts/', pathNot: test },
      to: { pathNot: '^libs/contracts/|^node_modules/zod/', dependencyTypesNot: ['core'] },
    },
    {
      name: 'kit-knows-contracts-only',
      comment: 'The kit runs services; of ours it knows the contracts alone. Its tests may start real servers.',
      severity: 'error',
      from: { path: '^libs/service-kit/', pathNot: test },
      to: { path: '^(libs/(?!contracts/|service-kit/)|services|apps|tools|tests)' },
    },
    {
      name: 'ledger-knows-contracts-and-kit',
      severity: 'error',
      from: { path: '^libs/ledger/', pathNot: test },
      to: { path: '^(libs/(?!contracts/|service-kit/|ledger/)|services|apps|tools|tests)' },
    },
    {
      name: 'a-service-never-imports-a-service',
      comment: 'Facts travel between services as messages.',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'a-service-never-imports-an-app',
      severity: 'error',
      from: { path: '^services/' },
      to: { path: '^(apps|tools|tests)/' },
    },
    {
      name: 'development-parts-stay-out-of-services',
      comment: 'The local stack is for development and tests; what runs in production does not carry it.',
      severity: 'error',
      from: { path: '^services/', pathNot: test },
      to: { path: '^libs/local-stack/' },
    },
    {
      name: 'packages-open-by-their-exports',
      comment: 'Another package is imported by its name, as its exports say; never by a path into its inside.',
      severity: 'error',
      from: { path: '^((?:libs|services|apps)/[^/]+)/' },
      to: { path: '^(libs|services|apps)/', pathNot: '^$1/', dependencyTypes: ['local'] },
    },
    {
      name: 'kafkajs-behind-the-port',
      comment: 'The Kafka client can be changed in one folder (docs/decisions/0001).',
      severity: 'error',
      from: { pathNot: '^libs/service-kit/src/kafka/' },
      to: { path: '^node_modules/kafkajs/' },
    },
    {
      name: 'stripe-where-money-is',
      comment: "Stripe's SDK is for the client in the kit, the services that hold money, the sandbox and the demo.",
      severity: 'error',
      from: {
        pathNot:
          '^(libs/service-kit/src/stripe([.]test)?[.]ts|services/(billing|payouts)/|libs/local-stack/|apps/cli/|tests/)',
      },
      to: { path: '^node_modules/stripe/' },
    },
    {
      name: 'the-oracle-shares-no-code',
      comment: 'What says what months should come to knows the types of the contracts, and nothing of those it judges.',
      severity: 'error',
      from: { path: '^tests/simulation/oracle/', pathNot: '[.]test[.]ts$' },
      to: { path: '^(libs/(?!contracts/)|services|apps)/' },
    },
    {
      name: 'no-test-in-the-product',
      comment: 'What runs does not import what proves it.',
      severity: 'error',
      from: { path: '^(libs|services|apps)/', pathNot: `${test}|-for-tests[.]ts$` },
      to: { path: '[.]test[.]ts$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^([.]wewrite|[.]turbo)/' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
