-- was_asked: whether a stored answer of a booking (answered_patient) was given to this question as it reads now. Two
-- visit types may have questions of the same id and version, and different texts: whoever saves a type chooses the ids.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.was_asked(p_answer jsonb, p_question jsonb) returns boolean
language sql immutable
return (p_answer->'questionId', p_answer->'kind', p_answer->'label', p_answer->'labels', p_answer->'choice')
  is not distinct from
       (p_question->'id', p_question->'kind', p_question->'label', jsonb_strip_nulls(p_question->'labels'),
        jsonb_strip_nulls(holdfast.choice_of(p_question, p_answer->>'value')));
