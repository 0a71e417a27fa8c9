/** A health unit of a synthetic file, with its number of appointments on each day from 29 April 2016. */
export type SyntheticUnit = { name: string; appointmentsByDay: number[] }

const firstDay = '2016-04-29'

/** A file with the columns of the data set; its rows are not ordered by unit or day. */
export function syntheticAppointments(units: readonly SyntheticUnit[]): string {
  const rows = units.flatMap(({ name, appointmentsByDay }, unitIndex) =>
    appointmentsByDay.flatMap((count, day) =>
      Array.from({ length: count }, (_, index) => ({ name, unitIndex, day, index })),
    ),
  )
  const bookedAt = Temporal.Instant.from('2016-04-01T11:00:00Z')
  const lines = rows.map(({ name, unitIndex, day, index }, rowIndex) => {
    // A step without a common factor with the number of rows reaches each minute once.
    const place = (rowIndex * 7_919) % (rows.length || 1)
    const date = Temporal.PlainDate.from(firstDay).add({ days: day })
    const id = `${unitIndex + 1}${String(day).padStart(2, '0')}${String(index).padStart(4, '0')}`
    const gender = index % 2 === 0 ? 'F' : 'M'
    return `${id},9${id},${bookedAt.add({ minutes: place })},${date},"${name}",${gender},${index % 90}`
  })
  return ['appointment_id,patient_id,booked_at,appointment_date,health_unit,gender,age', ...lines].join('\n')
}
