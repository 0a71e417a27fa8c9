-- A clinic's logo, for its e-mails and its page. Not in holdfast.clinic: lists of clinics would read the image.
create table holdfast.clinic_logo (
  clinic_no integer primary key references holdfast.clinic (no),
  media_type text not null check (media_type in ('image/png', 'image/jpeg', 'image/webp')),
  image bytea not null check (octet_length(image) <= 204800),
  width integer not null check (width between 1 and 1200),
  height integer not null check (height between 1 and 1200),
  -- Of the image: its URL has it, so that a new image gets a new one.
  digest text not null check (char_length(digest) = 43),
  updated_at timestamptz not null default now()
);
-- It is compressed already.
alter table holdfast.clinic_logo alter column image set storage external;

-- Like every change of a clinic, it is announced to the servers' caches.
create function holdfast.note_logo_change() returns trigger
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
begin
  insert into directory_change (clinic_no) values (coalesce(new.clinic_no, old.clinic_no));
  return null;
end
$function$;
create trigger note_logo_change after insert or update or delete on holdfast.clinic_logo
  for each row execute function holdfast.note_logo_change();
