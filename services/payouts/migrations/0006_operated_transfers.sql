-- An operator may hold a transfer that was not sent, or have one canceled that Stripe has not made yet.

alter table transfer_job drop constraint transfer_job_state_check;
alter table transfer_job add constraint transfer_job_state_check
  check (state in ('send', 'look_up', 'look_up_again', 'follow', 'operator', 'held', 'cancel'));

create table payout_order (
  id uuid primary key,
  payout_id uuid not null references payout,
  kind text not null check (kind in ('retry', 'hold', 'release', 'cancel')),
  reason text,
  ordered_by text collate "C" not null,
  at timestamptz(3) not null
);
create index payout_order_payout on payout_order (payout_id, at);
comment on table payout_order is 'What operators have ordered about a payout, and why.';
revoke update, delete on payout_order from {{app_role}};
