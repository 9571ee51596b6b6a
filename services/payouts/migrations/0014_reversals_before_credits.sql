-- E5: what is taken back of a writer's month waits until the month is credited.

create table waiting_reversal (
  place bigint generated always as identity primary key,
  run_id uuid not null,
  user_id text collate "C" not null,
  traceparent text,
  part json not null
);
comment on table waiting_reversal is 'Writers'' parts of earnings.reversed that came before the credit of their month, in order; a row goes with its effect.';
create index waiting_reversal_of_writer on waiting_reversal (run_id, user_id);
