import type { Card } from '../deed.ts';

/** Stripe's test cards by what they do. */
export const testCards: Readonly<Record<Card, string>> = {
  pays: 'pm_card_visa',
  pays_at_once: 'pm_card_bypassPending',
  is_declined: 'pm_card_visa_chargeDeclined',
  fails: 'pm_card_chargeCustomerFail',
  authenticates: 'pm_card_authenticationRequired',
  disputes: 'pm_card_createDispute',
  inquires: 'pm_card_createDisputeInquiry',
  refuses_refunds: 'pm_card_refundFail',
};
