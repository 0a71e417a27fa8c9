-- alphabetical_words: the words of a text in one order, without the spaces and punctuation between them; a text without
-- words is returned as it is.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.alphabetical_words(p_text text) returns text
language sql immutable parallel safe
return coalesce(
  (select string_agg(w.word, ' ' order by w.word collate "C")
     from unnest(string_to_array(
            regexp_replace(p_text, '[\s\u2800!-/:-@\[-`{-~\u00a1-\u00bf\u060c\u2010-\u2015\u201c-\u201f\u3001\u30fb]+',
                           ' ', 'g'), ' ')) w(word)
    where w.word <> ''),
  p_text);
