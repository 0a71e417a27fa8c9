-- earliest_milestone: from when on a milestone of a case can be recorded that is planned for p_starts_at: what was
-- before is of another day. The one place of this rule.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.earliest_milestone(p_starts_at timestamptz) returns timestamptz
language sql stable strict parallel safe
return p_starts_at - interval '12 hours';
