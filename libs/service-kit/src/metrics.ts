import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { IdleReport } from './idle-report.ts';

/** What Prometheus reads of one process's service, on the operations port. */
export interface Metrics {
  /** Counts an answered request. `route` is the pattern, so that ids never become labels. */
  answered(request: { method: string; route: string; status: number; seconds: number }): void;
  /** The text of `/metrics`: what is under way is asked at this moment. */
  render(): Promise<string>;
  readonly contentType: string;
}

const durationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What a service that speaks by messages tells of them. */
export interface MessagingReport {
  readonly parked: number;
  /** Business time since the oldest message that waits to be sent was committed; 0 when none does. */
  readonly oldestOutboxSeconds: number;
  /** True in the one replica whose relay sends. */
  readonly leads: boolean;
}

/** The metrics of a service. `idle` and `messaging` are asked when Prometheus reads. */
export function createMetrics(options: {
  service: string;
  idle: () => Promise<IdleReport>;
  messaging?: () => Promise<MessagingReport>;
}): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service: options.service });
  const requests = new Histogram({
    name: 'wewrite_http_request_duration_seconds',
    help: 'How long answers took.',
    labelNames: ['method', 'route', 'status'],
    buckets: durationBuckets,
    registers: [registry],
  });
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers: [registry] });
  const outbox = gauge('wewrite_outbox_messages', 'Messages committed and not yet sent.');
  const lag = gauge('wewrite_consumer_lag_messages', 'Messages sent to this service and not yet taken in.');
  const due = gauge('wewrite_due_work', 'Pieces of background work that are due and not yet done.');
  const messaging = options.messaging === undefined ? null : messagingGauges(gauge, options.messaging);
  const activity = new Counter({
    name: 'wewrite_activity_total',
    help: 'Messages sent and taken in, and steps of background work, by this process.',
    registers: [registry],
  });
  let counted = 0;
  let measuresProcess = false;
  return {
    contentType: registry.contentType,
    answered: ({ method, route, status, seconds }) =>
      requests.observe({ method, route, status: String(status) }, seconds),
    render: async () => {
      // From the first look on: of the many that share a process in tests, most are never looked at.
      if (!measuresProcess) collectDefaultMetrics({ register: registry });
      measuresProcess = true;
      const report = await options.idle();
      outbox.set(report.outbox);
      lag.set(report.lag);
      due.set(report.due);
      await messaging?.();
      activity.inc(report.activity - counted);
      counted = report.activity;
      return registry.metrics();
    },
  };
}

/** Sets the gauges of a service's messages to what is so now. */
function messagingGauges(
  gauge: (name: string, help: string) => Gauge,
  read: () => Promise<MessagingReport>,
): () => Promise<void> {
  const parked = gauge('wewrite_parked_messages', 'Messages put aside, waiting for an operator.');
  const oldest = gauge('wewrite_outbox_oldest_seconds', 'How long the oldest message not yet sent has been waiting.');
  const leads = gauge('wewrite_relay_leads', '1 in the replica whose relay sends what the outbox holds, else 0.');
  return async () => {
    const report = await read();
    parked.set(report.parked);
    oldest.set(report.oldestOutboxSeconds);
    leads.set(report.leads ? 1 : 0);
  };
}
