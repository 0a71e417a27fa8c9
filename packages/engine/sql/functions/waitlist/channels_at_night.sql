-- channels_at_night: in the quiet hours of a clinic, by which contacts of a patient, `email` and `phone`, messages
-- about offers of the waitlist reach them, as far as is known; null: p_at is in no quiet hours.
--
-- Nobody calls in quiet hours: a patient whom no message reaches is offered nothing then (first_waiting). A channel
-- whose newest message was only stored (`kept`) reaches nobody: the database does not know whether the servers have a
-- mail server, or a provider of SMS. The 50 newest messages of the clinic are looked at.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.channels_at_night(p_clinic_no integer, p_at timestamptz) returns text[]
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
  select case when quiet_until(p_clinic_no, p_at) is not null then array(
    select k.contact
      from (values ('email', 'email', coalesce((select m.emails from message_settings m
                                                 where m.clinic_no = p_clinic_no), true)),
                   ('sms', 'phone', coalesce((select 'offered' = any (m.sms_kinds) from message_settings m
                                               where m.clinic_no = p_clinic_no), false)))
           k(channel, contact, is_on)
     where k.is_on
       and coalesce((select n.state <> 'kept'
                       from (select m.channel, m.state, m.created_at, m.id from message m
                              where m.clinic_no = p_clinic_no
                              order by m.created_at desc, m.id desc limit 50) n
                      where n.channel = k.channel and n.state in ('sent', 'kept', 'failed')
                      order by n.created_at desc, n.id desc limit 1), true)) end
$function$;
