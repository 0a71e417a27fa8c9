-- fold_name: what two spellings of a person's name have in common: upper and lower case, how many spaces there are
-- between and around its parts, how letters are composed, wide letters and ligatures (NFKC), and characters that are
-- invisible or change the direction (\p{Default_Ignorable_Code_Point}; fold-name.test.ts compares the list) are
-- ignored; `ß` is `ss`. This is the only definition of the rule.
--
-- Internal. The planner replaces a call by this body.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.fold_name(p_name text) returns text
language sql immutable parallel safe
return btrim(regexp_replace(regexp_replace(
  replace(lower(normalize(p_name, NFKC)), 'ß', 'ss'),
  '[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f'
  '\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8'
  '\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]',
  '', 'g'), '[\s\u2800]+', ' ', 'g'));
