-- fold_record_number: what two spellings of a patient's record number have in common: upper and lower case, spaces,
-- characters that are invisible, how letters are composed, and wide and Arabic digits are ignored, and so is
-- punctuation, except between two digits, where `1-23` and `12-3` differ. A number without letters and digits is
-- returned as it is. This is the only definition of the rule. fold_name ignores more, such as the `h` of `TH`, which
-- tells numbers apart.
--
-- What is stored (patient.record_key) has been folded by the rule of its time: a change of the rule needs a
-- migration.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.fold_record_number(p_mrn text) returns text
language sql immutable parallel safe
return coalesce(nullif(
  regexp_replace(
    regexp_replace(
      regexp_replace(translate(lower(normalize(p_mrn, NFKC)), '٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹', '01234567890123456789'),
                     '[\s\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff]+', '', 'g'),
      '[!-/:-@\[-`{-~\u2010-\u2015]+', '-', 'g'),
    '(?<![0-9])-|-(?![0-9])', '', 'g'),
  ''), p_mrn);
