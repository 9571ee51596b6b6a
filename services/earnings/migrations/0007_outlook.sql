-- What supporters wish to give from now on, as allocations says it: for the projection of the running month (C3) and the
-- forecast (C5), and to tell which change a line goes back to. Newer versions take the place of older ones.

create table standing (
  user_id text collate "C" not null,
  resource_type text collate "C" not null,
  resource_id text collate "C" not null,
  recipient_user_id text collate "C" not null,
  usd_cents bigint not null check (usd_cents >= 0),
  version integer not null,
  at timestamptz(3) not null,
  message_id text collate "C" not null,
  partition_number integer not null,
  partition_offset bigint not null,
  traceparent text,
  primary key (user_id, resource_type, resource_id)
);
create index standing_recipient on standing (recipient_user_id) where usd_cents > 0;
comment on table standing is 'A wish that was taken back stays, with 0: an older message must not bring it back.';
revoke delete on standing from {{app_role}};

create table schedule (
  schedule_id uuid primary key,
  user_id text collate "C" not null,
  resource_type text collate "C" not null,
  resource_id text collate "C" not null,
  recipient_user_id text collate "C" not null,
  kind text not null check (kind in ('set', 'add')),
  usd_cents bigint not null check (usd_cents >= 0),
  from_month text not null,
  through_month text,
  state text not null check (state in ('planned', 'begun', 'ended', 'did_not_fit', 'removed')),
  version integer not null
);
create index schedule_recipient on schedule (recipient_user_id) where state in ('planned', 'begun');
revoke delete on schedule from {{app_role}};
