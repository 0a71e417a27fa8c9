-- Whether the session that created a calendar feed was started with a second factor. Of feeds that exist it is not
-- known: where the clinic requires one, they have to be created again.
alter table holdfast.calendar_feed add column has_second_factor boolean not null default false;
