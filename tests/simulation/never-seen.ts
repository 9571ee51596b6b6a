const neverImported = 'nothing is imported here: import-allocations.test.ts has it';
const neverPoisoned = 'nothing is poisoned here: poison.test.ts has it';
const neverWithdrawn = 'revenue is withdrawn where that is configured: revenue.test.ts has it';
const neverGivenUp = 'a payout is left to an operator after a day of tries: operated-payouts.test.ts has it';
const notInChart = 'the chart of accounts has none of this type';
const notAtSandbox = 'nothing at the sandbox leads to it';
const noSuchInvoice = 'no invoice of the sandbox is like that: invoice.test.ts judges them';
const notCounted = 'the service hears no series of messages whose end it has to know';

/** What no run comes upon, and why: a state, or with the name of its column all of its states. */
export const neverSeen: Readonly<Record<string, string>> = {
  'refusal/method_not_allowed': 'the services answer 404 to methods that they do not know',
  'refusal/internal': 'it is a failure',
  'refusal/rate_limited': 'loopback is not limited',
  'refusal/below_minimum': 'it is a reason why a payout is skipped',
  'refusal/too_many_allocations': 'it takes hundreds of requests: a test of the service has it',
  'refusal/not_parked': neverPoisoned,
  'refusal/must_not_be_dropped': neverPoisoned,
  'refusal/not_confirmed': neverImported,

  'deed/payout_retried': neverGivenUp,

  'message/operator.command': neverPoisoned,
  'message/message.parked': neverPoisoned,

  'event/transfer.updated': notAtSandbox,
  'event/account.application.deauthorized': notAtSandbox,
  'event/v2.core.account.closed': notAtSandbox,

  'state/allocations.completion.kind': notCounted,
  'state/allocations.completion.state': notCounted,
  'state/monitoring.completion.kind': notCounted,
  'state/monitoring.completion.state': notCounted,
  'state/monitoring.month_run.state unexplained': 'it is a failure',
  'state/monitoring.operator_order.order': neverPoisoned,
  'state/monitoring.reported_parked.state': neverPoisoned,
  'state/allocations.imported_wish.state': neverImported,
  'state/allocations.allocation_change.cause import': neverImported,
  'state/billing.revenue_withdrawal.state': neverWithdrawn,
  'state/billing.stripe_event.state failed': 'Stripe knows everything that it tells of: events.test.ts has it',
  'state/billing.invoice.suspense_reason crosses_months': noSuchInvoice,
  'state/billing.invoice.suspense_reason does_not_add_up': noSuchInvoice,
  'state/billing.invoice.suspense_reason foreign_currency': noSuchInvoice,
  'state/billing.invoice.suspense_reason month_closed': noSuchInvoice,
  'state/billing.invoice.suspense_reason negative_month': noSuchInvoice,
  'state/billing.invoice.suspense_reason unknown_subscription': noSuchInvoice,
  'state/payouts.transfer_job.state operator': neverGivenUp,
  'state/payouts.payout_attempt.outcome operator': neverGivenUp,
  'state/payouts.payout_order.kind retry': neverGivenUp,
  'state/payouts.ledger_account.type equity': notInChart,
  'state/payouts.ledger_account.type expense': notInChart,
  'state/payouts.ledger_account.type income': notInChart,
};
