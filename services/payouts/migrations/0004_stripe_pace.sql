-- D6: all replicas together keep to one rate of requests to Stripe.

create table stripe_pace (
  singleton boolean primary key default true check (singleton),
  next_at_ms double precision not null
);
insert into stripe_pace (next_at_ms) values (0);
revoke insert, delete on stripe_pace from {{app_role}};
comment on column stripe_pace.next_at_ms is 'When the next request may leave, in milliseconds since 1970 of technical time: each one that is planned moves it on.';
