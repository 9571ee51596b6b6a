-- A8: a close that was started after the month in which it should have been.

alter table month_close add column backfilled boolean not null default false;
comment on column month_close.backfilled is 'True when the month after was over, too, before the close was started.';
