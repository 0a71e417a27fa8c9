-- fold_name: what two spellings of a person's name have in common: its words, in any order, as fold_letters has them,
-- without punctuation; two letters that are written for one are that one (`Mueller`). So the desk's search compares
-- names (src/lists/folded-text.ts). The site compares names by the same rule (folded-name.ts of the vocabulary).
--
-- Internal. The planner replaces a call by this body.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.fold_name(p_name text) returns text
language sql immutable parallel safe
return holdfast.alphabetical_words(replace(replace(replace(replace(replace(replace(holdfast.fold_letters(p_name),
  'ae', 'a'), 'oe', 'o'), 'ue', 'u'), 'aa', 'a'), 'dj', 'd'), 'th', 't'));
