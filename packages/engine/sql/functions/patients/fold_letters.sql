-- fold_letters: what two spellings of a text have in common, letter by letter. Upper and lower case, accents, how
-- letters are composed, wide letters and ligatures (NFKD), and characters that are invisible or change the direction
-- (\p{Default_Ignorable_Code_Point}; fold-name.test.ts compares the list) are ignored, and so are Arabic vowel signs;
-- `ß` is `ss`.
--
-- Internal. The planner replaces a call by this body.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.fold_letters(p_text text) returns text
language sql immutable parallel safe
return translate(replace(
  lower(regexp_replace(normalize(replace(p_text, '´', ''), NFKD),
    '[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f'
    '\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8'
    '\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff'
    '\u0027\u0060\u02bc\u0300-\u036f\u0640\u064b-\u065f\u0670\u2018\u2019]',
    '', 'g')),
  'ß', 'ss'), 'đðłøæœþıςٱىة', 'ddloaotiσايه');
