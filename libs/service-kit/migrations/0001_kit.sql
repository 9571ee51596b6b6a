-- What every service has: messages on their way out, messages taken in, messages put aside, series that complete, schedules.

alter default privileges in schema {{schema}} grant select, insert, update, delete on tables to {{app_role}};
alter default privileges in schema {{schema}} grant usage, select on sequences to {{app_role}};

create table outbox (
  id bigint generated always as identity primary key,
  topic text not null,
  key text collate "C" not null,
  message_id text collate "C" not null,
  occurred_at timestamptz(3) not null,
  payload bytea,
  blob_id text,
  traceparent text,
  check (num_nonnulls(payload, blob_id) = 1)
);
comment on table outbox is 'Messages that committed with the change they tell of. The relay sends the lowest ids and deletes them.';

create table inbox (
  topic text not null,
  message_id text collate "C" not null,
  received_at timestamptz(3) not null,
  primary key (topic, message_id)
);
create index inbox_received_at on inbox using brin (received_at);
comment on table inbox is 'Ids of messages whose effect has committed. Kept for the topic''s retention and seven days more.';

create table parked_message (
  topic text not null,
  message_id text collate "C" not null,
  key text,
  partition_number integer not null,
  partition_offset bigint not null,
  headers jsonb not null,
  payload bytea not null,
  reason text not null,
  parked_at timestamptz(3) not null,
  primary key (topic, message_id)
);

create table completion (
  run_id uuid not null,
  series text not null,
  month text not null,
  kind text not null check (kind in ('close', 'rehearsal')),
  done bigint[] not null,
  expected bigint[],
  state text not null default 'collecting' check (state in ('collecting', 'complete')),
  version integer not null default 1,
  changed_at timestamptz(3) not null,
  traceparent text,
  primary key (run_id, series)
);
comment on table completion is 'Counters of a series of messages against its closing message. Both arrays have the order that the series'' owner gives them.';

create table schedule_run (
  name text not null,
  due_at timestamptz(3) not null,
  state text not null check (state in ('baseline', 'running', 'done')),
  lease_until timestamptz(3) not null,
  attempts integer not null default 0,
  primary key (name, due_at)
);
