-- What operators took back of writers waits in suspense until it is refunded (C6). A refund or dispute of the same payment
-- that crossed it finds that much less at its writers: it takes it out of suspense, and brings it back when it is undone.

create table suspended_reversal (
  reversal_id uuid primary key,
  user_id text collate "C" not null,
  month text not null,
  -- Negative: what goes out.
  cents bigint not null check (cents <> 0)
);
create index suspended_reversal_of_month on suspended_reversal (user_id, month);
revoke update, delete on suspended_reversal from {{app_role}};

insert into suspended_reversal (reversal_id, user_id, month, cents)
select id, user_id, month, amount_cents from reversal where kind = 'operator';
create index reversal_by_operator on reversal (user_id, month) where kind = 'operator';
