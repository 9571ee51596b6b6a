-- What the services have parked, as they tell it, and what operators have ordered about it.

create table reported_parked (
  place bigint generated always as identity unique,
  id uuid primary key,
  service text not null,
  topic text not null,
  message_id text collate "C" not null,
  key text,
  reason text not null,
  state text not null check (state in ('parked', 'replayed', 'dropped')),
  version integer not null,
  can_be_dropped boolean not null,
  answered_command_id uuid,
  parked_at timestamptz(3) not null,
  changed_at timestamptz(3) not null
);
create index reported_parked_state on reported_parked (state, place);
comment on column reported_parked.id is 'Follows from service, topic and message id.';

create table operator_order (
  place bigint generated always as identity primary key,
  command_id uuid not null unique,
  parked_id uuid not null references reported_parked,
  "order" text not null check ("order" in ('replay', 'drop')),
  ordered_by text collate "C" not null,
  reason text not null,
  ordered_at timestamptz(3) not null
);
create index operator_order_parked on operator_order (parked_id, place);
revoke update, delete on operator_order from {{app_role}};
