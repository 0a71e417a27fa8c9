-- likely_duplicates: records that may be of the same patient as one that is not merged, the likeliest first, at most
-- p_limit: with the same e-mail address or telephone number (identity_keys), and with the same birth date, if the names
-- have a word in common, however it is spelled (fold_name). same: what is the same.
--
-- Each is found by an index. Of those with one contact or birth date, at most 200 are looked at: many are of relatives,
-- or of nobody known, such as 1 January 1900.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.likely_duplicates(p_clinic_no integer, p_id uuid, p_limit integer)
  returns table (id uuid, same text[])
language sql stable security definer
set search_path = holdfast, pg_catalog, pg_temp
set enable_seqscan = off
as $function$
  select d.id, f.same
    from (select * from patient t
           where t.clinic_no = p_clinic_no and t.id = p_id and t.erased_at is null and t.merged_into is null) k
   cross join lateral (
     select q.id, array_agg(q.same order by q.same) as same
       from (select b.id, 'birthDate' as same
               from (select t.id, t.name from patient t
                      where t.clinic_no = k.clinic_no and t.birth_date = k.birth_date limit 200) b
              where string_to_array(fold_name(b.name), ' ') && string_to_array(fold_name(k.name), ' ')
              union all
             (select t.id, 'email' from patient t
               where t.clinic_no = k.clinic_no and t.email_key = k.email_key limit 200)
              union all
             (select t.id, 'phone' from patient t
               where t.clinic_no = k.clinic_no and t.phone_key = k.phone_key limit 200)) q
      group by q.id) f
    join patient d on d.clinic_no = k.clinic_no and d.id = f.id
   where d.id <> k.id and d.erased_at is null and d.merged_into is null
   order by cardinality(f.same) desc, (d.birth_date <> k.birth_date) is true, d.name_key, d.id
   limit p_limit
$function$;
