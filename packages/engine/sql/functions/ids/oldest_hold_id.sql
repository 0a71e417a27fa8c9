-- oldest_hold_id: the lowest id that a hold can have that ends at p_end or later: a hold lasts 15 minutes at most and
-- is extended 20 times at most (clinic.hold_seconds, clinic.hold_extensions_max); an offer of the waitlist that is open
-- until after the quiet hours lasts 24 hours at most (offer_until). Within that time, its patient may ask the clinic
-- for it, which answers within 14 days (visit_type.approval_minutes). slot.next_lapse is never later than the end of a
-- hold on the slot, so all of them have oldest_hold_id(next_lapse) or a later id, however long ago they lapsed.
--
-- Internal. Locks: none. Fails: as id_floor. Idempotent: yes.
create or replace function holdfast.oldest_hold_id(p_end timestamptz) returns uuid
language sql immutable strict parallel safe
return holdfast.ids_from(p_end - interval '15 days');
