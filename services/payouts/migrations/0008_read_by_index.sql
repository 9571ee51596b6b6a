-- Lists and sums whose cost would grow with all months that were ever paid.

create index writer_hold_user on writer_hold (user_id, place);
create index payout_latest on payout (month desc, id);
create index ledger_transfer_earned on ledger_transfer (month) include (amount_cents) where kind = 'creator_earning';
