-- judged_answers: judges answers, [{questionId, value, version}], and returns what a booking stores of them: for each
-- question, in order, what was asked and the answer,
-- [{questionId, kind, label, labels, required, choices, version, value, choice, agreedAt}]. Without a value, it was
-- left empty, or if it is required, the clinic's desk did not ask it.
--
-- p_stored: the answers of the booking; null: there are none yet. The same consent keeps the time when it was given.
-- p_by_desk: a member of the clinic does it for the patient, and may skip every question but those for consents. A
-- consent that the patient has not given, or has withdrawn, is not given for them.
-- answers: null: nothing is asked, or it is refused.
--
-- refusal: null, or answer_refused:unknown:<the id of a question that is not asked> |
--   answer_refused:<missing | invalid | patient_only | outdated>:<the question, as JSON in hexadecimal digits>.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.judged_answers(
  p_questions jsonb, p_sent jsonb, p_stored jsonb, p_by_desk boolean, p_now timestamptz,
  out answers jsonb, out refusal text
)
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
as $function$
begin
  select 'answer_refused:unknown:' || (a->>'questionId') into refusal
    from jsonb_array_elements(p_sent) a
   where not exists (select from jsonb_array_elements(p_questions) q where q->'id' = a->'questionId')
   limit 1;
  if refusal is not null then
    return;
  end if;
  with asked as (
    select q.question, q.n, a.answer->'value' as value, choice_of(q.question, a.answer->>'value') as choice,
           q.question->>'kind' = 'consent' as is_consent, (q.question->>'required')::boolean as is_required,
           a.answer->'version' = q.question->'version' as is_of_version,
           (select s->>'agreedAt' from jsonb_array_elements(p_stored) s
             where was_asked(s, q.question) and s->'version' = q.question->'version' and not s ? 'withdrawnAt'
           ) as agreed_before,
           exists (select from jsonb_array_elements(p_stored) s
                    where s->'questionId' = q.question->'id' and s->>'kind' = 'consent'
                      and (not s ? 'agreedAt' or s ? 'withdrawnAt')) as was_declined
      from jsonb_array_elements(p_questions) with ordinality q(question, n)
      left join lateral (select s as answer from jsonb_array_elements(p_sent) s
                          where s->'questionId' = q.question->'id' limit 1) a on true
  ), judged as (
    select k.*, case
             when k.value is null or k.value #>> '{}' ~ '^\s*$' or k.is_consent and k.is_required and k.value = 'false'
               then case when k.is_required and (k.is_consent or not p_by_desk) then 'missing' end
             when jsonb_typeof(k.value) <> case when k.is_consent then 'boolean' else 'string' end then 'invalid'
             when k.is_consent and k.value = 'true' and k.was_declined and p_by_desk then 'patient_only'
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
                   'labels', j.question->'labels', 'required', j.question->'required',
                   'choices', case when j.question->>'kind' = 'choice' then j.question->'choices' end,
                   'version', j.question->'version',
                   'value', case when j.value #>> '{}' !~ '^\s*$' then j.value end, 'choice', j.choice,
                   'agreedAt', case when j.is_consent and j.value = 'true'
                                    then coalesce(j.agreed_before, utc_text(p_now)) end)) order by j.n)
            from judged j)
    into refusal, answers;
end
$function$;
