-- join_waitlist: adds an entry to a clinic's waitlist, unless the same person waits for the same already: the same
-- doctor or specialization, days, times and units, the same name (fold_name), and the same e-mail address, telephone
-- number or account (identity_keys), wherever the requests come from. Somebody without address and number, whom a
-- member of the clinic adds, is the same person as another one of that name without them. People of different names may
-- share an address.
--
-- p_entry: {id, doctorId | specialization, visitTypeId, from, to, weekdays, timeFrom, timeTo, units, urgency,
--   accountId, patient, joinedBy, accountEmail, emailAccountId}. accountEmail: the e-mail address that the account has
--   verified, in lower case; emailAccountId: the account that has verified the patient's address. p_kinds, p_subjects:
--   where it comes from, as for admit_claims. p_is_limited: the clinic's limits apply: the units of guests; per subject
--   as many open entries and holds together as it may have holds, and as many open entries, holds and bookings as it
--   may have bookings. A claim counts holds and bookings, not entries: a subject can exceed the limit of bookings by
--   the number of its open entries.
-- Outcomes: joined | doctor_missing | specialization_missing (no active doctor of the clinic has it) | range_over (its
--   last day is past) | visit_type_not_offered (by no active doctor that it waits for) | visit_type_of_desk (not
--   everybody may book it or it needs approval, and no member of the clinic adds the entry) | already_waiting
--   (entry_id: the entry) | units_over_limit | too_many_entries | <kind>_holds | <kind>_bookings, as the limits of
--   admit_claims
-- maximum: the limit that would be exceeded.
-- Locks: the clinic's waitlist, exclusively (see lock_joining), then the lock of admit_claims, whose owners wait for
--   nobody; both until the commit. From then on PostgreSQL ends the
--   connection if the caller sends nothing for a second.
-- Fails: check_violation for an entry that is not valid; 55P03 after about 4 s without the lock.
-- Idempotent: no; the caller stores its result under the key of the request.
create or replace function holdfast.join_waitlist(
  p_clinic_no integer, p_entry jsonb, p_kinds text[], p_subjects uuid[], p_is_limited boolean
) returns table (outcome text, maximum integer, entry_id uuid)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $function$
#variable_conflict use_column
declare
  v_now timestamptz;
  v_id constant uuid := (p_entry->>'id')::uuid;
  v_new waitlist_entry;
  v_keys text[];
  v_has_contact boolean;
  v_limit record;
  v_entries integer;
  v_holds integer;
  v_live integer;
begin
  -- Cancellations wait for this transaction: a caller that hangs must not stop them for longer than this.
  perform set_config('idle_in_transaction_session_timeout', '1s', true);
  perform lock_joining(p_clinic_no);
  v_now := clock_timestamp();
  select p_clinic_no, v_id, i."doctorId", i.specialization, i."from", i."to", i.weekdays, i."timeFrom", i."timeTo",
         i.units, i.urgency, 0, v_now, i."joinedBy", i."accountId", i.patient, null, null, null, null, i."visitTypeId"
    into v_new
    from jsonb_to_record(p_entry) i("doctorId" uuid, specialization text, "from" date, "to" date, weekdays integer[],
                                    "timeFrom" time, "timeTo" time, units integer, urgency integer, "joinedBy" uuid,
                                    "accountId" uuid, patient jsonb, "visitTypeId" uuid);
  outcome := case
    when v_new.resource_id is not null
         and not exists (select from resource r where r.clinic_no = p_clinic_no and r.id = v_new.resource_id
                                                  and r.kind = 'doctor' and r.active) then 'doctor_missing'
    when v_new.specialization is not null
         and not exists (select from resource r where r.clinic_no = p_clinic_no and r.kind = 'doctor' and r.active
                                                  and r.specialization = v_new.specialization)
      then 'specialization_missing'
    when v_new.to_date < (select (v_now at time zone c.timezone)::date from clinic c where c.no = p_clinic_no)
      then 'range_over'
    when v_new.visit_type_id is not null
         and not exists (select from resource r
                          cross join lateral visit_of_doctor(p_clinic_no, v_new.visit_type_id, r.id) v
                          where r.clinic_no = p_clinic_no and r.kind = 'doctor' and r.active and v.is_offered
                            and (r.id = v_new.resource_id or r.specialization = v_new.specialization))
      then 'visit_type_not_offered'
    when v_new.joined_by is null
         and exists (select from visit_type t where t.clinic_no = p_clinic_no and t.id = v_new.visit_type_id
                                                and (t.bookable_by <> 'anyone' or needs_approval(t.approval, false)))
      then 'visit_type_of_desk'
    end;
  if outcome is null then
    v_keys := array_remove(identity_keys(v_new.patient, v_new.account_id), 'none')
              || array_remove(array['email ' || (p_entry->>'accountEmail'), 'account ' || (p_entry->>'emailAccountId')],
                              null);
    v_has_contact := identity_keys(v_new.patient, null) <> '{none}';
    entry_id := (
      select w.id
        from (select e.id, e.joined_at, identity_keys(e.patient, e.account_id) as keys,
                     identity_keys(e.patient, null) <> '{none}' as has_contact
                from waitlist_entry e
               where e.clinic_no = p_clinic_no and e.ended_at is null
                 and (e.resource_id = v_new.resource_id or e.specialization = v_new.specialization)
                 and e.from_date = v_new.from_date and e.to_date = v_new.to_date and e.units = v_new.units
                 and (e.visit_type_id, e.weekdays, e.time_from, e.time_to, fold_name(e.patient->>'name'))
                     is not distinct from
                     (v_new.visit_type_id, v_new.weekdays, v_new.time_from, v_new.time_to,
                      fold_name(v_new.patient->>'name'))) w
       where w.keys && v_keys or v_new.joined_by is not null and not (v_has_contact or w.has_contact)
       order by w.joined_at, w.id
       limit 1);
    outcome := case when entry_id is not null then 'already_waiting' end;
  end if;
  if outcome is null and p_is_limited and cardinality(p_kinds) > 0 then
    perform pg_advisory_xact_lock(1215261797, p_clinic_no);
    for v_limit in
      select l.guest_units_max, l.holds_max, l.bookings_max, i.kind, i.subject
        from unnest(p_kinds, p_subjects) i(kind, subject)
       cross join lateral booking_limits_of(p_clinic_no, i.kind) l
    loop
      -- An entry with an open offer is counted as the hold that it has.
      v_entries := (select count(*) from waitlist_origin o
                      join waitlist_entry e on e.clinic_no = o.clinic_no and e.id = o.entry_id
                     where o.clinic_no = p_clinic_no and o.subject = v_limit.subject
                       and e.ended_at is null and e.offer_id is null);
      -- The id of the entry is neither a booking's nor a key: nothing is left out.
      select c.holds, c.live into v_holds, v_live
        from count_origins(p_clinic_no, v_limit.subject, v_id, v_id, clock_timestamp()) c;
      if v_new.units > v_limit.guest_units_max then
        outcome := 'units_over_limit'; maximum := v_limit.guest_units_max;
      elsif v_entries >= v_limit.holds_max then
        outcome := 'too_many_entries'; maximum := v_limit.holds_max;
      elsif v_live + v_entries >= v_limit.bookings_max then
        outcome := v_limit.kind || '_bookings'; maximum := v_limit.bookings_max;
      elsif v_holds + v_entries >= v_limit.holds_max then
        outcome := v_limit.kind || '_holds'; maximum := v_limit.holds_max;
      end if;
      exit when outcome is not null;
    end loop;
  end if;
  if outcome is null then
    insert into waitlist_entry select v_new.*;
    insert into waitlist_origin (clinic_no, subject, entry_id, kind)
    select p_clinic_no, i.subject, v_id, i.kind from unnest(p_kinds, p_subjects) i(kind, subject)
    on conflict do nothing;
    outcome := 'joined';
  end if;
  return next;
end
$function$;
