-- search_text_of_patient: what a record is found by, in lines: its name, also as fold_name has it, e-mail address, the
-- digits of its telephone number, record number, identifiers and birth date; and the same of the records that were
-- merged into it. The words of a search are folded by
-- src/lists/search-text.ts, and each has to be part of it.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.search_text_of_patient(p_patient holdfast.patient) returns text
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  select concat_ws(chr(10), fold_letters((p_patient).name), fold_name((p_patient).name),
                   fold_letters((p_patient).email),
                   regexp_replace(translate(normalize((p_patient).phone, NFKC), '٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹',
                                            '01234567890123456789'), '[^0-9]', '', 'g'),
                   fold_letters((p_patient).mrn), (p_patient).record_key,
                   (select string_agg(fold_letters(i.value), chr(10) order by i.n)
                      from jsonb_array_elements((p_patient).identifiers) with ordinality e(identifier, n)
                     cross join lateral (select e.identifier->>'value' as value, e.n) i),
                   to_char((p_patient).birth_date, 'YYYY-MM-DD'),
                   (select string_agg(m.search_text, chr(10) order by m.id) from patient m
                     where m.clinic_no = (p_patient).clinic_no and m.merged_into = (p_patient).id
                       and (p_patient).erased_at is null))
$function$;
