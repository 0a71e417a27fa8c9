-- fold_phone: what two spellings of a telephone number have in common: its digits, without the country's code after
-- `+` or `00`, and without leading zeros, as the desk's search compares them (src/lists/search-text.ts). The codes of
-- one and two digits are listed; all others have three (ITU-T E.164). null: it has no such digits.
--
-- The planner replaces a call by this body.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.fold_phone(p_phone text) returns text
language sql immutable parallel safe
return nullif(regexp_replace(
  regexp_replace(translate(p_phone, '٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹', '01234567890123456789'), '[^0-9+]', '', 'g'),
  '^((\+|00)([17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|'
  '(0[0-9]|2[1-689]|3[578]|42|5[09]|6[7-9]|8[035789]|9[679])[0-9]))?0*|\+',
  '', 'g'), '');
