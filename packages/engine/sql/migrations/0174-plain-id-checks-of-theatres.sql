-- As 0006, for the other tables that a claim of a case writes: the planner opens an SQL function in a check anew for every
-- statement that writes, which took a twenty-fifth of the time of a claim. The same bits as holdfast.clinic_no_of. What
-- is there satisfied that function: 0175 looks at it again, beside the claims.
do $$
declare
  v_table record;
begin
  for v_table in
    select * from (values ('resource', 'id', 'resource_check'), ('allocation', 'booking_id', 'allocation_check'),
                          ('theatre_case', 'booking_id', 'theatre_case_check')) t(name, id, constraint_name)
  loop
    execute format(
      'alter table holdfast.%1$I drop constraint %3$I, add constraint %3$I check (
         (((get_byte(uuid_send(%2$I), 6) & 15) << 20) | (get_byte(uuid_send(%2$I), 7) << 12)
           | ((get_byte(uuid_send(%2$I), 8) & 63) << 6) | (get_byte(uuid_send(%2$I), 9) >> 2)) = clinic_no) not valid',
      v_table.name, v_table.id, v_table.constraint_name);
  end loop;
end
$$;
