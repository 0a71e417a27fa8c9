-- earliest_milestone: the earliest time of a milestone of a case that is planned for p_starts_at: an earlier one
-- belongs to another day. This is the only definition of the rule.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.earliest_milestone(p_starts_at timestamptz) returns timestamptz
language sql stable strict parallel safe
return p_starts_at - interval '12 hours';
