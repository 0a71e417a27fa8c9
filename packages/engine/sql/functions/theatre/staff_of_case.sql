-- staff_of_case: the ids of the staff in a case's plan, in its order.
--
-- Internal. Locks: none. Fails: 22P02 for an id that is none. Idempotent: yes.
create or replace function holdfast.staff_of_case(p_plan jsonb) returns uuid[]
language sql immutable
return array(select s.id::uuid from jsonb_array_elements_text(p_plan->'staffIds') with ordinality s(id, n)
              order by s.n);
