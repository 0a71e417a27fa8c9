-- moved_patient: judges the answers of a booking that moves to this visit type: those that are sent with the move,
-- p_answers, and of those that are stored the ones that were given to the same question in the same words (was_asked),
-- without withdrawn consents. A hold without any is asked when it is confirmed.
--
-- patient: the patient with these answers, followed by those that are stored to other questions, unless these were
-- left empty; null: none are sent, and what is stored stays. p_answers, p_by_desk, refusal: as in answered_patient.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.moved_patient(
  p_booking holdfast.booking, p_visit_type_id uuid, p_answers jsonb, p_by_desk boolean, p_now timestamptz,
  out patient jsonb, out refusal text
)
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
as $function$
declare
  v_stored jsonb := coalesce(p_booking.patient->'answers', '[]');
  v_kept jsonb;
  v_answered record;
begin
  select coalesce(jsonb_agg(s), '[]') into v_kept
    from visit_type t
   cross join lateral jsonb_array_elements(t.questions) q
    join lateral jsonb_array_elements(v_stored) s on was_asked(s, q) and not s ? 'withdrawnAt'
   where t.clinic_no = p_booking.clinic_no and t.id = p_visit_type_id
     and not exists (select from jsonb_array_elements(p_answers) a where a->'questionId' = s->'questionId');
  v_answered := answered_patient(
    p_booking.clinic_no, p_visit_type_id,
    case when p_answers is not null or p_booking.patient ? 'answers'
           then p_booking.patient || jsonb_build_object('answers', coalesce(p_answers, '[]') || v_kept)
         else p_booking.patient end,
    p_booking.patient, p_booking.status <> 'PENDING', p_by_desk, p_now);
  refusal := v_answered.refusal;
  if p_answers is not null and refusal is null then
    v_kept := coalesce(v_answered.patient->'answers', '[]');
    patient := p_booking.patient || jsonb_build_object('answers', v_kept || (
      select coalesce(jsonb_agg(s order by n), '[]')
        from jsonb_array_elements(v_stored) with ordinality o(s, n)
       where s ? 'value'
         and not exists (select from jsonb_array_elements(v_kept) k where k->'questionId' = s->'questionId')));
  end if;
end
$function$;
