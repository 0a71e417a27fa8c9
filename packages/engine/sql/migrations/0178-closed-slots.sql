-- `slot_closed`: an offer of the waitlist ended, because its slot cannot be booked any more, although it was not
-- withdrawn (withdraw_offers). Not checked for existing rows, which satisfied a narrower check; 0179 does that beside
-- the claims.
alter table holdfast.booking
  drop constraint booking_failure_reason_check,
  add constraint booking_failure_reason_check check
    (failure_reason in ('hold_expired', 'slot_withdrawn', 'slot_closed', 'system_error', 'hold_released', 'bumped'))
    not valid;

-- A place whose offer the clinic has withdrawn is offered to the same entry again.
alter table holdfast.waitlist_offer
  drop constraint waitlist_offer_pkey,
  drop constraint waitlist_offer_clinic_no_booking_id_key,
  add primary key (clinic_no, booking_id);
create index waitlist_offer_slot on holdfast.waitlist_offer (clinic_no, entry_id, slot_id);
