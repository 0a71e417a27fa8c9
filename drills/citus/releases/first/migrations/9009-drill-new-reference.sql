-- New tables of these kinds.
create table holdfast.drill_country (code text primary key);
insert into holdfast.drill_country (code) values ('DE'), ('AT');
create table holdfast.drill_secret (name text primary key);
insert into holdfast.drill_secret (name) values ('of the coordinator');
