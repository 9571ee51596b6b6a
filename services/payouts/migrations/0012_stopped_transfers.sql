-- A8: whether all that is left of a month's payouts waits for a person is asked each time that one of them ends.

create index transfer_job_stopped on transfer_job (payout_id) where state in ('operator', 'held');
