-- Whether something is due of one plan is asked at each change of it: also at a turn at which very many plans have something due.

create index schedule_due_of_user on schedule (user_id, due_month) where due_month is not null;
