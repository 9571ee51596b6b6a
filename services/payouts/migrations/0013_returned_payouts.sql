-- How many of a month's payouts have come back after they were paid: with those that have ended, all that payout.settled has said.

alter table payout_month add column payouts_returned integer not null default 0;
update payout_month set payouts_returned = (
  select count(*) from payout where payout.run_id = payout_month.run_id and status = 'returned'
);
