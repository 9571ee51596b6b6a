-- What settles a fact, and what became of a refund that we ordered, is found without reading everything.

create index reversal_fact on reversal (fact_id) where fact_id is not null;
create index payment_fact_refund_order on payment_fact (refund_order_id) where refund_order_id is not null;
