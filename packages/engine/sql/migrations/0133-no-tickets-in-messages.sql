-- Messages that were stored because no mail server is set had the secret of the ticket's link.
update holdfast.message
   set content = regexp_replace(content::text, '#[0-9a-f-]{36}\.hfm_[A-Za-z0-9_-]+', '', 'g')::jsonb
 where content is not null;
