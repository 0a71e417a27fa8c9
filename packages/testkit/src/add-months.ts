import type { BuilderDatabase, BuiltBooking } from './builders.ts'

/**
 * Adds empty monthly partitions of `booking` and `booking_event` before those that exist, as a database has that is
 * `months` months older.
 */
export async function addMonths({ ownerPool }: BuilderDatabase, months: number): Promise<void> {
  // A server with few locks cannot create more tables in one transaction.
  for (let added = 0; added < months; added += 12) await ownerPool.query(addBefore(Math.min(12, months - added)))
}

const addBefore = (months: number) => `
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
             generate_series(first - interval '${months} months', first - interval '1 month',
                             interval '1 month') m (month)
    loop
      v_name := v_parent || to_char(v_month, '"_y"YYYY"m"MM');
      execute format('create table holdfast.%I partition of holdfast.%I for values from (%L) to (%L)', v_name, v_parent,
                     holdfast.id_floor(v_month), holdfast.id_floor(v_month + interval '1 month'));
    end loop;
  end $$`

/** Changes when a booking and its events were created to `days` days ago, with its id. @returns its new id */
export async function ageBooking(
  { ownerPool }: BuilderDatabase,
  booking: BuiltBooking,
  days: number,
): Promise<BuiltBooking> {
  const { rows } = await ownerPool.query<{ id: string }>(
    `with aged as (
       update holdfast.booking b
          set id = overlay(b.id::text placing left(holdfast.id_floor(now() - make_interval(days => $3))::text, 13)
                           from 1 for 13)::uuid,
              created_at = b.created_at - make_interval(days => $3),
              updated_at = b.updated_at - make_interval(days => $3)
        where b.clinic_no = $1 and b.id = $2
       returning id, slot_id, created_at), known as (
       update holdfast.slot s
          set oldest_booking_at = holdfast.oldest_booking_of(s.oldest_booking_at, s.created_at, aged.created_at)
         from aged where s.clinic_no = $1 and s.id = aged.slot_id), logged as (
       update holdfast.booking_event e
          set booking_id = aged.id, at = e.at - make_interval(days => $3)
         from aged where e.clinic_no = $1 and e.booking_id = $2)
     select id from aged`,
    [booking.clinicNo, booking.id, days],
  )
  const id = rows[0]?.id
  if (id === undefined) throw new Error(`There is no booking ${booking.id}.`)
  return { ...booking, id }
}
