-- A8: a late close that waits for money or for a person does not hold up the months after it.

alter table month_close add column stalled boolean not null default false;
comment on column month_close.stalled is
  'True once what was left of its close waited for money or for a person: months after it go on, also when it does.';
