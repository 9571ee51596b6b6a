declare module 'kafkajs/src/network/requestQueue/index.js' {
  import type { Logger } from 'kafkajs';

  interface PushedRequest {
    readonly entry: { readonly correlationId: number; resolve(response: unknown): void };
    readonly expectResponse: boolean;
    sendRequest(): void;
  }

  /** What the patch and its test touch of kafkajs 2.2.4's queue of requests, one a connection. The package has no types for it. */
  export default class RequestQueue {
    constructor(options: {
      readonly maxInFlightRequests: number | null;
      readonly requestTimeout: number;
      readonly enforceRequestTimeout: boolean;
      readonly clientId: string;
      readonly broker: string;
      readonly logger: Pick<Logger, 'debug' | 'warn'>;
    });
    readonly pending: readonly unknown[];
    push(request: PushedRequest): void;
    maybeThrottle(throttleMs: number): void;
    scheduleCheckPendingRequests(): void;
    checkPendingRequests(): void;
  }
}
