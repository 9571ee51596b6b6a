-- C6: what an operator takes back of a hold may come before the hold itself, which counts it then.

alter table adjustment add column settles uuid;
create index adjustment_hold on adjustment (settles, user_id) where kind = 'operator' and settles is not null;
comment on column adjustment.settles is 'The earlier reversal or the hold that the reversal is of.';
