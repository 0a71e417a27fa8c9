-- Tables of the coordinator: a reference table has copies.
alter table holdfast.site_administrator add column drill_role text;
alter table holdfast.verified_account add column drill_text text;
