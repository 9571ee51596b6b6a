-- What the idempotency tests have as an effect.

create table customer_order (
  id bigint generated always as identity primary key,
  user_id text not null,
  cents bigint not null
);
