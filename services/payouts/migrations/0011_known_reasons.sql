-- D2, D3: why a writer is not paid, and what a try to pay one comes to, is one of a few.
alter table judgement add constraint judgement_reason_check check (
  reason in ('already_in_flight', 'on_hold', 'negative_balance', 'below_minimum', 'no_payout_account', 'account_restricted'));
alter table payout_attempt add constraint payout_attempt_outcome_check check (
  outcome in ('made', 'same_key', 'look_up', 'next_key', 'failed', 'operator'));
