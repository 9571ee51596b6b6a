-- A11: supporters are told when a writer takes no support any more, or takes it again, while there is time to move it.

alter table allocation add column told_writer_state text not null default 'open'
  check (told_writer_state in ('open', 'inactive', 'blocked', 'closed'));
comment on column allocation.told_writer_state is 'The recipient''s state as its supporter was told last.';
create index allocation_by_recipient on allocation (recipient_user_id, user_id);

alter table allocation_change add column writer_state text
  check (writer_state in ('open', 'inactive', 'blocked', 'closed'));
alter table allocation_change add check ((cause = 'writer_unavailable') = (writer_state is not null));
comment on column allocation_change.writer_state is 'The recipient''s state that the change tells of; the amount stays.';

create table writer_notice (
  number bigint generated always as identity primary key,
  writer_user_id text collate "C" not null,
  after_user_id text collate "C" not null default '',
  is_second_pass boolean not null default false,
  due_at timestamptz(3) not null,
  changed_by text collate "C" not null,
  request_id text not null
);
comment on table writer_notice is 'Changes of writers'' states whose supporters are still to be told: those after after_user_id.';
comment on column writer_notice.due_at is 'Technical time.';
