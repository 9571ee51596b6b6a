import { createServer } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import Stripe from 'stripe';
import { afterFailure, createStripeClient, isDefiniteRefusal, isReplayedFailure } from './stripe.ts';
import { createTelemetry } from './telemetry.ts';

/** As the SDK makes it of an answer. */
function answered(
  statusCode: number,
  type: NonNullable<Stripe.StripeRawError['type']>,
  code?: string,
): Stripe.errors.StripeError {
  return Stripe.errors.StripeError.generate({
    statusCode,
    type,
    message: 'no',
    ...(code === undefined ? {} : { code }),
  });
}

const unanswered = new Stripe.errors.StripeConnectionError({ message: 'no answer', type: 'api_error' });

describe('what a failed call of Stripe says about its key', () => {
  test.each<[string, Stripe.errors.StripeError, ReturnType<typeof afterFailure>['next']]>([
    ['no answer', unanswered, 'same_key'],
    ['a key in use', answered(409, 'idempotency_error', 'idempotency_key_in_use'), 'same_key'],
    ['a lock time-out', answered(429, 'invalid_request_error', 'lock_timeout'), 'same_key'],
    ['too many calls', answered(400, 'invalid_request_error', 'rate_limit'), 'same_key'],
    ['a wrong secret key', answered(401, 'invalid_request_error'), 'same_key'],
    ['a secret key that may not', answered(403, 'invalid_request_error'), 'same_key'],
    ['a fault of Stripe’s', answered(500, 'api_error'), 'look_up'],
    ['a key with another body', answered(400, 'idempotency_error'), 'look_up'],
    ['too little money', answered(400, 'invalid_request_error', 'balance_insufficient'), 'next_key'],
    ['what cannot be', answered(400, 'invalid_request_error', 'charge_already_refunded'), 'refused'],
    ['what is not there', answered(404, 'invalid_request_error', 'resource_missing'), 'refused'],
    ['a declined card', answered(402, 'card_error', 'card_declined'), 'refused'],
  ])('D3: %s', (_what, error, next) => {
    expect(afterFailure(error).next).toBe(next);
  });

  test('D3: what is no error of Stripe’s is thrown on', () => {
    expect(() => afterFailure(new RangeError('ours'))).toThrow('ours');
  });

  test('E3: a call that is still under way is neither refused nor a failure that would be replayed', () => {
    const inUse = answered(409, 'idempotency_error', 'idempotency_key_in_use');
    expect([isDefiniteRefusal(inUse), isReplayedFailure(inUse)]).toEqual([false, false]);
    expect(isReplayedFailure(answered(500, 'api_error'))).toBe(true);
    expect(isDefiniteRefusal(answered(402, 'card_error', 'card_declined'))).toBe(true);
  });
});

describe('a connection that Stripe closes', () => {
  let heard = 0;
  const server = createServer((request) => {
    heard += 1;
    request.socket.resetAndDestroy();
  });
  afterEach(() => void server.close());

  test('E3: a call that is to be repeated by nobody is made once, and tells that it had no answer', async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    const telemetry = createTelemetry({ service: 'test' });
    const config = { STRIPE_SECRET_KEY: 'sk_test_x', STRIPE_TIMEOUT_MS: 5_000, STRIPE_NETWORK_RETRIES: 0 };
    const { call } = createStripeClient({ ...config, STRIPE_API_URL: `http://127.0.0.1:${port}` }, telemetry);
    const failure = await call('balance', 'none', (sdk) => sdk.balance.retrieve()).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Stripe.errors.StripeConnectionError);
    expect(afterFailure(failure).next).toBe('same_key');
    expect(heard).toBe(1);
    await telemetry.shutdown();
  });
});
