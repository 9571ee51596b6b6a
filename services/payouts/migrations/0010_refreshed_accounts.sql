-- E2: that an account is to be read again is forgotten only once it has been.

alter table payout_account add column refresh_asked integer not null default 0;
comment on column payout_account.refresh_asked is
  'Counts what asked for the account to be read: a reading counts when nobody has asked since it began.';
