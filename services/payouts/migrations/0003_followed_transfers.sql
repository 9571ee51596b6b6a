-- Transfers that Stripe has and has not ended are followed; those that nobody can tell of wait for an operator.

alter table transfer_job drop constraint transfer_job_state_check;
alter table transfer_job add constraint transfer_job_state_check
  check (state in ('send', 'look_up', 'look_up_again', 'follow', 'operator'));
comment on table transfer_job is 'Transfers to be made or followed; the row goes when the payout has ended. due_at and leases are technical time.';
create index payout_transfer on payout (transfer_id) where transfer_id is not null;
