-- fold_name: what two spellings of a person's name have in common: its words, in any order. Upper and lower case,
-- accents, punctuation, how letters are composed, wide letters and ligatures (NFKD), and characters that are invisible
-- or change the direction (\p{Default_Ignorable_Code_Point}; fold-name.test.ts compares the list) are ignored, and so
-- are Arabic vowel signs; `ß` is `ss`, and two letters that are written for one are that one (`Mueller`). So the desk's
-- search compares names (src/lists/folded-text.ts). The site compares names by the same rule (folded-name.ts of the
-- vocabulary).
--
-- Internal. The planner replaces a call by this body.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.fold_name(p_name text) returns text
language sql immutable parallel safe
return holdfast.alphabetical_words(replace(replace(replace(replace(replace(replace(translate(replace(
  lower(regexp_replace(normalize(replace(p_name, '´', ''), NFKD),
    '[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f'
    '\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8'
    '\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff'
    '\u0027\u0060\u02bc\u0300-\u036f\u0640\u064b-\u065f\u0670\u2018\u2019]',
    '', 'g')),
  'ß', 'ss'), 'đðłøæœþıςٱىة', 'ddloaotiσايه'),
  'ae', 'a'), 'oe', 'o'), 'ue', 'u'), 'aa', 'a'), 'dj', 'd'), 'th', 't'));
