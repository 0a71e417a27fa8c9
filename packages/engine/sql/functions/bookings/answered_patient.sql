-- answered_patient: the patient of a booking of a visit type, with the answers to what the visit type asks at the
-- moment. p_patient->'answers' are those that were sent, [{questionId, value, version}]; what is stored says what was
-- asked, too: [{questionId, kind, label, labels, version, value, choice, agreedAt}]. An answer without a value: the
-- clinic's desk did not ask what a patient has to answer.
--
-- p_patient: as sent; null: as stored. p_stored: the patient of the booking; null: there is none yet. Answers that it
-- has stay if none are sent: they were judged when they were sent. p_is_confirmed: it becomes an appointment, or a
-- request for one, which needs all answers; without it, a hold or a request is judged only if answers are sent.
-- p_by_desk: a member of the clinic books it for the patient, and may skip every question but those for consents.
--
-- refusal: null, or answer_refused:unknown:<the id of a question that is not asked> |
--   answer_refused:<missing | invalid | outdated>:<the question, as JSON in hexadecimal digits>.
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
  v_answers jsonb;
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

  select 'answer_refused:unknown:' || (a->>'questionId') into refusal
    from jsonb_array_elements(v_sent) a
   where not exists (select from jsonb_array_elements(v_questions) q where q->'id' = a->'questionId')
   limit 1;
  if refusal is not null then
    return;
  end if;
  with asked as (
    select q.question, q.n, a.answer->'value' as value, choice_of(q.question, a.answer->>'value') as choice,
           q.question->>'kind' = 'consent' as is_consent, (q.question->>'required')::boolean as is_required,
           a.answer->'version' = q.question->'version' as is_of_version,
           (select s->>'agreedAt' from jsonb_array_elements(p_stored->'answers') s
             where was_asked(s, q.question) and s->'version' = q.question->'version' and not s ? 'withdrawnAt'
           ) as agreed_before
      from jsonb_array_elements(v_questions) with ordinality q(question, n)
      left join lateral (select s as answer from jsonb_array_elements(v_sent) s
                          where s->'questionId' = q.question->'id' limit 1) a on true
  ), judged as (
    select k.*, case
             when k.value is null or k.value #>> '{}' ~ '^\s*$' or k.is_consent and k.is_required and k.value = 'false'
               then case when k.is_required and (k.is_consent or not p_by_desk) then 'missing' end
             when jsonb_typeof(k.value) <> case when k.is_consent then 'boolean' else 'string' end then 'invalid'
             when k.value = 'true' and k.is_of_version is not true then 'outdated'
             when k.question->>'kind' = 'choice' and k.choice is null
               or k.question->>'kind' = 'date' and not is_date(k.value #>> '{}') then 'invalid' end as fault
      from asked k
  )
  select (select format('answer_refused:%s:%s', j.fault, encode(convert_to(j.question::text, 'UTF8'), 'hex'))
            from judged j
           where j.fault is not null order by j.n limit 1),
         (select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                   'questionId', j.question->'id', 'kind', j.question->'kind', 'label', j.question->'label',
                   'labels', j.question->'labels', 'version', j.question->'version',
                   'value', case when j.value #>> '{}' !~ '^\s*$' then j.value end, 'choice', j.choice,
                   'agreedAt', case when j.is_consent and j.value = 'true'
                                    then coalesce(j.agreed_before, utc_text(p_now)) end)) order by j.n)
            from judged j
           where j.value #>> '{}' !~ '^\s*$' or p_by_desk and j.is_required)
    into refusal, v_answers;
  patient := coalesce(p_patient, p_stored) || jsonb_build_object('answers', coalesce(v_answers, '[]'));
end
$function$;
