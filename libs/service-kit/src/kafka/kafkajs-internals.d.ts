declare module 'kafkajs/src/network/requestQueue/index.js' {
  /** What the patch touches of kafkajs 2.2.4's queue of requests, one a connection. The package has no types for it. */
  export default class RequestQueue {
    readonly pending: readonly unknown[];
    scheduleCheckPendingRequests(): void;
  }
}
