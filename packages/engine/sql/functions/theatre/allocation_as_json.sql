-- allocation_as_json: one thing that a case takes, as events state it: [kind, resource, unit, from, to], times in UTC.
--
-- Internal. The planner replaces a call by this body.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.allocation_as_json(p_allocation holdfast.allocation) returns jsonb
language sql stable
return jsonb_build_array(
  (p_allocation).kind, (p_allocation).resource_id, (p_allocation).unit_no,
  to_char(lower((p_allocation).during) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
  to_char(upper((p_allocation).during) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'));
