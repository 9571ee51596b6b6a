import type { ServiceName } from '@wewrite/contracts';
import type { Config } from './config.ts';

/** The base URL of each service. */
export type Upstreams = Readonly<Record<ServiceName, string>>;

export function upstreamsOf(config: Config): Upstreams {
  return {
    allocations: config.ALLOCATIONS_URL,
    billing: config.BILLING_URL,
    earnings: config.EARNINGS_URL,
    payouts: config.PAYOUTS_URL,
    monitoring: config.MONITORING_URL,
  };
}

/** The first path segment after `/v1/` says who answers… */
const ownerOfSegment: Readonly<Record<string, ServiceName>> = {
  allocations: 'allocations',
  imports: 'allocations',
  preferences: 'allocations',
  resources: 'allocations',
  schedules: 'allocations',
  writers: 'allocations',
  subscription: 'billing',
  funding: 'billing',
  invoices: 'billing',
  ledger: 'billing',
  revenue: 'billing',
  escrow: 'billing',
  'stripe-events': 'billing',
  suspense: 'billing',
  'refund-orders': 'billing',
  earnings: 'earnings',
  'earnings.csv': 'earnings',
  explain: 'earnings',
  impact: 'earnings',
  holds: 'earnings',
  questions: 'earnings',
  reversals: 'earnings',
  payouts: 'payouts',
  'payouts.csv': 'payouts',
  'payout-account': 'payouts',
  obligations: 'payouts',
  parked: 'monitoring',
};

/** …but a month belongs to whoever does that part of it: `/v1/months/{month}/<part>`. */
const ownerOfMonthPart: Readonly<Record<string, ServiceName>> = {
  close: 'allocations',
  sweep: 'billing',
  lines: 'earnings',
  writers: 'earnings',
  supporters: 'earnings',
  totals: 'earnings',
  reversals: 'earnings',
  payouts: 'payouts',
  'rehearsed-payouts': 'payouts',
  progress: 'monitoring',
  rehearsal: 'monitoring',
};

const streamsOfEvents: ReadonlySet<string> = new Set(['/v1/allocations/stream']);

/** True for a path whose answer stays open, with events as they come. */
export function isStreamOfEvents(path: string): boolean {
  return streamsOfEvents.has(path);
}

/** Who answers a path; null when nobody does. */
export function ownerOf(path: string): ServiceName | null {
  const [, version, segment, month, part] = path.split('/');
  if (version === 'webhooks') return 'billing';
  if (version !== 'v1' || segment === undefined) return null;
  if (segment !== 'months') return own(ownerOfSegment, segment);
  if (month === 'current' && part === undefined) return 'allocations';
  return part === undefined ? null : own(ownerOfMonthPart, part);
}

function own(owners: Readonly<Record<string, ServiceName>>, name: string): ServiceName | null {
  return Object.hasOwn(owners, name) ? (owners[name] ?? null) : null;
}
