import type pg from 'pg'

/** Ten years. */
export const monthsAdded = 120
/** A stock server cannot create more tables in one transaction. */
const monthsPerTransaction = 12

/** Adds empty partitions of ten more years before those that exist, as an older database has them. */
export async function addYears(pool: pg.Pool): Promise<void> {
  for (let added = 0; added < monthsAdded; added += monthsPerTransaction) await pool.query(addMonths)
}

const addMonths = `
  do $$
  declare
    v_parent text;
    v_month timestamptz;
    v_name text;
  begin
    set local timezone = 'UTC';
    for v_parent, v_month in
      select p.parent, m.month
        from (values ('booking'), ('booking_event')) p (parent),
             (select min(to_date(right(relname, 8), '"y"YYYY"m"MM')) as first from pg_class
               where relname ~ '^booking_y\\d{4}m\\d\\d$') oldest,
             generate_series(first - interval '${monthsPerTransaction} months', first - interval '1 month',
                             interval '1 month') m (month)
    loop
      v_name := v_parent || to_char(v_month, '"_y"YYYY"m"MM');
      execute format('create table holdfast.%I partition of holdfast.%I for values from (%L) to (%L)', v_name, v_parent,
                     holdfast.id_floor(v_month), holdfast.id_floor(v_month + interval '1 month'));
    end loop;
  end $$`
