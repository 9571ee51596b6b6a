/** The types that v2 adds; the SDK makes an error class of its own of each. */
export type V2FailureType =
  | 'already_canceled'
  | 'feature_not_enabled'
  | 'financial_account_not_open'
  | 'insufficient_funds'
  | 'not_cancelable';

/** The body of an error in Stripe's form. */
export interface FailureDetail {
  readonly type: 'invalid_request_error' | 'card_error' | 'idempotency_error' | 'api_error' | V2FailureType;
  readonly message: string;
  readonly code?: string;
  readonly param?: string;
  readonly decline_code?: string;
}

/**
 * A request that Stripe would refuse. `validation` failures happen before the call begins, so that no idempotency
 * key remembers them; `keepsEffects` marks refusals that leave something behind, such as a declined payment attempt.
 */
export class StripeFailure extends Error {
  readonly status: number;
  readonly detail: FailureDetail;
  readonly validation: boolean;
  readonly keepsEffects: boolean;

  constructor(
    status: number,
    detail: FailureDetail,
    { validation = false, keepsEffects = false }: { validation?: boolean; keepsEffects?: boolean } = {},
  ) {
    super(detail.message);
    this.status = status;
    this.detail = detail;
    this.validation = validation;
    this.keepsEffects = keepsEffects;
  }
}

/** 400 `invalid_request_error`: the call itself refuses. */
export function refused(message: string, { code, param }: { code?: string; param?: string } = {}): StripeFailure {
  return new StripeFailure(400, {
    type: 'invalid_request_error',
    message,
    ...(code === undefined ? {} : { code }),
    ...(param === undefined ? {} : { param }),
  });
}

/** 400 with one of v2's own types: the call itself refuses. */
export function refusedV2(type: V2FailureType, message: string, code: string = type): StripeFailure {
  return new StripeFailure(400, { type, code, message });
}

/** What Stripe answers to an unknown id: 404 for the object asked for, 400 for one named in a parameter. */
export function missing(noun: string, id: string, param = 'id'): StripeFailure {
  return new StripeFailure(param === 'id' ? 404 : 400, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: `No such ${noun}: '${id}'`,
    param,
  });
}
