-- Until when somebody may be at a call to Stripe for a subscription's making or its change; technical time. Null: nobody is.

alter table subscription add column lease_until timestamptz(3);
alter table subscription_change add column lease_until timestamptz(3);
