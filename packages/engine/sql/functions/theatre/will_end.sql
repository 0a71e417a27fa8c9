-- will_end: when a case that is not over will have ended, as far as can be seen at p_now: when it is expected to
-- (expected_end), but not before p_now once its patient is in the room and, if it should have begun and has not, not
-- before its minutes have passed since p_now. After 12 hours it is not going to begin; nor do holds, no-shows and cases
-- that were completed without milestones. foreseenEnd of the contract's case-state.ts is the same rule.
--
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.will_end(p_case holdfast.theatre_case, p_now timestamptz) returns timestamptz
language sql stable
return
  case when exists (select from holdfast.case_milestone m
                     where m.clinic_no = (p_case).clinic_no and m.booking_id = (p_case).booking_id
                       and m.milestone = 'in_room')
       then greatest((p_case).expected_ends_at, p_now)
       when (p_case).starts_at < p_now and (p_case).starts_at > p_now - interval '12 hours'
            and holdfast.is_expected((p_case).clinic_no, (p_case).booking_id)
       then greatest((p_case).expected_ends_at, p_now + ((p_case).ends_at - (p_case).starts_at))
       else (p_case).expected_ends_at end;
