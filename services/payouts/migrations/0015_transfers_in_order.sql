-- Transfers that are due at one time are claimed in the order of their payouts, whatever the plan.

drop index transfer_job_due;
create index transfer_job_due on transfer_job (due_at, payout_id);
