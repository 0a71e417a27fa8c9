-- may_bump: whether a case of one urgency may take the place of a case of another: elective cases give way to all
-- others. This is the only definition of the rule.
--
-- Internal. The planner replaces a call by this body.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.may_bump(p_urgency text, p_bumped_urgency text) returns boolean
language sql immutable
return p_urgency <> 'elective' and p_bumped_urgency = 'elective';
