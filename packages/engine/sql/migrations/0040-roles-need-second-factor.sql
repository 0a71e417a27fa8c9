-- Whether the clinic's people may use their roles only in sessions that were started with a second factor.

alter table holdfast.clinic add column roles_need_second_factor boolean not null default false;

-- A site administrator's rights list these clinics.
create index clinic_roles_need_second_factor on holdfast.clinic (no) where roles_need_second_factor;
