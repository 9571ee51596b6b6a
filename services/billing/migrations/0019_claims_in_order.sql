-- What is due at one time is claimed in the order of its ids, whatever the plan.

drop index refund_order_due;
create index refund_order_due on refund_order (due_at, id) where state in ('waiting', 'look_up', 'look_up_again');
drop index payment_unavailable;
create index payment_unavailable on payment (available_on, payment_intent_id) where not available;
