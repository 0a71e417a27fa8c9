-- An attempt may have reached the recipient: it was handed over, and not refused for certain. A later attempt does not
-- reset it, so a message about an offer that has ended knows whether somebody may have heard of the offer.
alter table holdfast.message add column may_have_arrived boolean not null default false;
