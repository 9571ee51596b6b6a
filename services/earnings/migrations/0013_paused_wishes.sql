-- A11, C3: a wish for a writer who takes no support now stays in the plan, and is no part of what the month comes to.

alter table standing add column is_paused boolean not null default false;
alter table standing add column paused_version integer not null default 0;
comment on column standing.paused_version is 'Of the change that is_paused follows from: one that tells of the writer, or that began the wish.';
