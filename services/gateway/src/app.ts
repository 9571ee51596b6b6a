import {
  createAdminServer,
  createLog,
  createMetrics,
  createServer,
  createTelemetry,
  listen,
  parseEnvironment,
  type RunningService,
  realClock,
  realTime,
  tokenVerifier,
} from '@wewrite/service-kit';
import { environment } from './config.ts';
import { forward } from './forward.ts';
import { mergedOpenApi } from './merge-openapi.ts';
import { serveEvents } from './serve-events.ts';
import { type Upstreams, upstreamsOf } from './upstreams.ts';

const name = 'gateway';
const version = '0.1.0';

/** Runs the gateway: one port for clients. Throws a ConfigError when the environment is wrong. */
export async function runGateway(env: Readonly<Record<string, string | undefined>>): Promise<RunningService> {
  const config = parseEnvironment(environment, env);
  const upstreams = upstreamsOf(config);
  const log = createLog({ service: name, level: config.LOG_LEVEL, file: config.LOG_FILE });
  const telemetry = createTelemetry({
    service: name,
    otlpEndpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
    file: config.TRACES_FILE,
  });
  const verifyToken = await tokenVerifier(config);
  const nowMs = () => realTime.now().getTime();
  const idle = async () => ({ outbox: 0, lag: 0, due: 0, activity: 0 });
  const metrics = createMetrics({ service: name, idle });
  const server = await createServer({
    service: name,
    version,
    verifyToken,
    telemetry,
    log,
    metrics,
    openApi: mergedOpenApi(upstreams, version, nowMs),
    routes: (routes) => {
      serveEvents(routes, version);
      forward(routes, upstreams, {
        verifyToken,
        log,
        rateTerms: { perSecond: config.RATE_LIMIT_PER_SECOND, burst: config.RATE_LIMIT_BURST },
        exempt: config.RATE_LIMIT_EXEMPT,
        nowMs,
      });
    },
  });
  const url = await listen(server, config.HOST, config.PORT);
  const admin = createAdminServer({
    clock: realClock,
    log,
    notReady: () => whySilent(upstreams),
    idle,
    metrics,
  });
  return {
    name,
    url,
    adminUrl: await listen(admin, config.HOST, config.ADMIN_PORT),
    crashed: new Promise(() => undefined),
    stop: async () => {
      await server.close();
      await admin.close();
      await telemetry.shutdown();
    },
  };
}

/**
 * Why a gateway is of no use: no service answers it. While one does it stays ready, and requests to the others are told
 * that they are `unavailable`; taken out for the sake of one service, it would take all of them away.
 */
async function whySilent(upstreams: Upstreams): Promise<readonly string[]> {
  const checks = Object.entries(upstreams).map(async ([service, url]) => {
    const alive = await fetch(new URL('/openapi.json', url), {
      method: 'HEAD',
      signal: AbortSignal.timeout(2_000),
    }).then(
      (answer) => answer.ok,
      () => false,
    );
    return alive ? null : `${service} does not answer at ${url}`;
  });
  const reasons = (await Promise.all(checks)).filter((reason) => reason !== null);
  return reasons.length === checks.length ? reasons : [];
}
