import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import './kafkajs-request-queue.ts';
import { silentLog } from './log.ts';

describe('the request queue of kafkajs', () => {
  const newQueue = () =>
    new RequestQueue({
      maxInFlightRequests: null,
      requestTimeout: 1_000,
      enforceRequestTimeout: false,
      clientId: 'client',
      broker: 'broker',
      logger: { debug: (message) => silentLog.debug({}, message), warn: (message) => silentLog.warn({}, message) },
    });

  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('Kafka: an idle connection sets no timer', () => {
    newQueue().checkPendingRequests();
    expect(jest.getTimerCount()).toBe(0);
  });

  test('Kafka: a request that the broker’s throttling holds back is sent when its time has come, and then all is quiet', () => {
    const queue = newQueue();
    const sendRequest = jest.fn();
    queue.maybeThrottle(50);
    queue.push({ entry: { correlationId: 1, resolve: () => undefined }, expectResponse: false, sendRequest });
    expect(sendRequest).not.toHaveBeenCalled();
    jest.advanceTimersByTime(51);
    expect(sendRequest).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(0);
  });
});
