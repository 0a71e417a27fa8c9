drop table holdfast.drill_country;
