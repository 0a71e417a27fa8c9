-- An e-mail with the link to a ticket names its booking, so that it is deleted with the patient's data.
alter table holdfast.account_mail add column booking_id uuid;
create index account_mail_booking_id on holdfast.account_mail (booking_id) where booking_id is not null;
