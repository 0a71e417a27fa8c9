-- append_audit_events: adds events to the security log, at most 1,000. p_events: [{kind, clinicNo, actorKind, actorId,
-- subjectId, subjects, network, details, count, ageMs}]. clinicNo null: those in which the account has a role, or none.
--
-- An actor who is an API key of the clinic is recorded as one, also if it is called an account.
--
-- The time of an event is the database's, minus how long the event has waited, at most a day: nobody who has the
-- application's login can add to older days, by a transaction that they hold open either. Their order of insertion,
-- seq, is the database's too.
-- Locks: none. Fails: 22023 for events about the log itself, more events, or one that has waited less than nothing or
--   more than a day; check_violation for one that the table refuses. Idempotent: no.
create or replace function holdfast.append_audit_events(p_events jsonb) returns void
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
declare
  c_age_max constant float8 := 24 * 3600 * 1000;
  v_now constant timestamptz := clock_timestamp();
begin
  if exists (select from jsonb_to_recordset(p_events) e (kind text)
              where e.kind in ('log_purged', 'log_chain_begun', 'log_erased')) then
    raise exception 'only the database itself adds events about the log' using errcode = 'invalid_parameter_value';
  elsif jsonb_array_length(p_events) > 1000 then
    raise exception 'events to append are at most 1000, not %', jsonb_array_length(p_events)
      using errcode = 'invalid_parameter_value';
  elsif exists (select from jsonb_to_recordset(p_events) e ("ageMs" float8)
                 where (e."ageMs" between 0 and c_age_max) is not true) then
    raise exception 'an event of the security log is 0 to % ms old', c_age_max
      using errcode = 'invalid_parameter_value';
  end if;
  insert into audit_event (clinic_no, at, kind, count, actor_kind, actor_id, subject_id, subjects, network,
                           details)
  select coalesce(e."clinicNo", m.clinic_no, 0), v_now - make_interval(secs => e."ageMs" / 1000), e.kind, e.count,
         case when e."actorKind" = 'account' and exists (select from api_key k where k.clinic_no = e."clinicNo"
                                                            and k.id = e."actorId")
              then 'api_key' else e."actorKind" end,
         e."actorId", e."subjectId", coalesce(e.subjects, '{}'), e.network, e.details
    from jsonb_to_recordset(p_events)
         as e (kind text, "clinicNo" integer, "actorKind" text, "actorId" uuid, "subjectId" uuid, subjects uuid[],
               network cidr, details text[], count integer, "ageMs" float8)
    left join membership m on e."clinicNo" is null and m.account_id = coalesce(e."actorId", e."subjectId")
   order by 2;
end
$function$;
