-- answered_patient: the patient of a booking of a visit type, with the answers to what the visit type asks at the
-- moment. p_patient->'answers' are those that were sent, [{questionId, value, version}]; what is stored says what was
-- asked, too (judged_answers).
--
-- p_patient: as sent; null: as stored. p_stored: the patient of the booking; null: there is none yet. Answers that it
-- has stay if none are sent: they were judged when they were sent. p_is_confirmed: it becomes an appointment, or a
-- request for one, which needs all answers; without it, a hold or a request is judged only if answers are sent.
-- p_by_desk, refusal: as in judged_answers.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.answered_patient(
  p_clinic_no integer, p_visit_type_id uuid, p_patient jsonb, p_stored jsonb, p_is_confirmed boolean,
  p_by_desk boolean, p_now timestamptz, out patient jsonb, out refusal text
)
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
as $function$
declare
  v_sent jsonb := p_patient->'answers';
  v_questions jsonb;
  v_judged record;
begin
  patient := p_patient;
  if v_sent is null and (p_stored ? 'answers' or not p_is_confirmed) then
    if p_stored ? 'answers' then
      patient := p_patient || jsonb_build_object('answers', p_stored->'answers');
    end if;
    return;
  end if;
  select t.questions into v_questions from visit_type t where t.clinic_no = p_clinic_no and t.id = p_visit_type_id;
  v_questions := coalesce(v_questions, '[]');
  if v_questions = '[]' and coalesce(v_sent, '[]') = '[]' then
    patient := p_patient - 'answers';
    return;
  end if;
  v_judged := judged_answers(v_questions, v_sent, p_stored->'answers', p_by_desk, p_now);
  refusal := v_judged.refusal;
  patient := coalesce(p_patient, p_stored) || jsonb_build_object('answers', coalesce(v_judged.answers, '[]'));
end
$function$;
