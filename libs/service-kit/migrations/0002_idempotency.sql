-- POST requests that came with an Idempotency-Key, and their answers.

create table idempotent_request (
  user_id text collate "C" not null,
  route text not null,
  key text collate "C" not null,
  fingerprint bytea not null,
  attempt uuid not null,
  started_at timestamptz(3) not null,
  lease_until timestamptz(3) not null,
  status integer,
  content_type text,
  body text,
  primary key (user_id, route, key),
  check (num_nulls(status, content_type, body) in (0, 3))
);
create index idempotent_request_started_at on idempotent_request using brin (started_at);
comment on table idempotent_request is 'One row per user, route and key. Without an answer the attempt is under way until its lease ends. Kept for a day.';
