-- Questions about lines, and money of a line or of a writer's month that is kept back (C6). What becomes of them is added,
-- never changed.

create table hold (
  hold_id uuid primary key,
  run_id uuid not null references run,
  month text not null,
  recipient_user_id text collate "C" not null,
  chunk integer,
  position integer,
  net_cents bigint not null check (net_cents >= 0),
  check (num_nulls(chunk, position) in (0, 2))
);
create index hold_recipient on hold (run_id, recipient_user_id);
comment on column hold.chunk is 'With position: the line that is held; without them the whole month of the writer is.';
revoke update, delete on hold from {{app_role}};

create table hold_change (
  hold_id uuid not null references hold,
  version integer not null,
  state text not null check (state in ('held', 'released', 'reversed')),
  reason text not null,
  by_user_id text collate "C" not null,
  at timestamptz(3) not null,
  primary key (hold_id, version),
  check ((state = 'held') = (version = 1))
);
comment on table hold_change is 'The newest version is how the hold stands.';
revoke update, delete on hold_change from {{app_role}};

create table question (
  question_id uuid primary key,
  run_id uuid not null references run,
  chunk integer not null,
  position integer not null,
  asked_by text collate "C" not null,
  asked_as text not null check (asked_as in ('supporter', 'writer')),
  text text not null,
  asked_at timestamptz(3) not null
);
create index question_asked_by on question (asked_by);
revoke update, delete on question from {{app_role}};

create table answer (
  question_id uuid primary key references question,
  text text not null,
  hold_id uuid references hold,
  by_user_id text collate "C" not null,
  at timestamptz(3) not null
);
comment on table answer is 'Each question is answered once; with a hold when money was kept back because of it.';
revoke update, delete on answer from {{app_role}};

create view hold_state as
select hold.*, newest.version, newest.state, newest.reason, newest.at as changed_at, first.at as held_at
from hold
join hold_change as first on first.hold_id = hold.hold_id and first.version = 1
cross join lateral (
  select * from hold_change where hold_change.hold_id = hold.hold_id order by version desc limit 1
) as newest;
revoke insert, update, delete on hold_state from {{app_role}};
