-- choice_of: the text of one of a question's choices, {label, labels}; null: the question has no such choice.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.choice_of(p_question jsonb, p_id text) returns jsonb
language sql immutable
return (select jsonb_build_object('label', c->'label', 'labels', c->'labels')
          from jsonb_array_elements(case when p_question->>'kind' = 'choice' then p_question->'choices' end) c
         where c->>'id' = p_id);
