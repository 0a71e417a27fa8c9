/** What a synthetic file has: for each health unit, how many appointments on how many days from 29 April 2016. */
export type SyntheticUnit = { name: string; appointmentsByDay: number[] }

const firstDay = '2016-04-29'

/** A file with the columns of the data set, its rows mixed as patients book: not by unit, and not by day. */
export function syntheticAppointments(units: readonly SyntheticUnit[]): string {
  const rows = units.flatMap(({ name, appointmentsByDay }, unitIndex) =>
    appointmentsByDay.flatMap((count, day) =>
      Array.from({ length: count }, (_, index) => ({ name, unitIndex, day, index })),
    ),
  )
  const bookedAt = Temporal.Instant.from('2016-04-01T11:00:00Z')
  const lines = rows.map(({ name, unitIndex, day, index }, rowIndex) => {
    // A step that shares no factor with the number of rows visits each place in time once.
    const place = (rowIndex * 7_919) % (rows.length || 1)
    const date = Temporal.PlainDate.from(firstDay).add({ days: day })
    const id = `${unitIndex + 1}${String(day).padStart(2, '0')}${String(index).padStart(4, '0')}`
    return `${id},9${id},${bookedAt.add({ minutes: place })},${date},"${name}",${index % 2 === 0 ? 'F' : 'M'},${index % 90}`
  })
  return ['appointment_id,patient_id,booked_at,appointment_date,health_unit,gender,age', ...lines].join('\n')
}
