-- Of an offer that lapsed: whether a message about it was sent, or may have arrived (close_offers). null: it did not
-- lapse, or before this was recorded, when each one counted as missed.
alter table holdfast.waitlist_offer add column notified boolean;
