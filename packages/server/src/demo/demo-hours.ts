const weekdays = [1, 2, 3, 4, 5, 6, 7]
const [opens, closes] = ['07:00', '19:00']

export type DemoHours = { weekday: number; from: string; to: string }

/**
 * The hours are from 7 to 19 each day, and in full hours as long as the cases of the first day take, which begin soon
 * after the start of the program, whatever the time is: also past midnight.
 */
export function demoHours(firstAt: Date, lastEnd: Date, zone: string): DemoHours[] {
  const local = (at: Date) => Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(zone)
  const [first, last] = [local(firstAt), local(lastEnd)]
  const isNextDay = last.dayOfYear !== first.dayOfYear
  const from = `${String(first.hour).padStart(2, '0')}:00`
  const to = `${String(Math.min(24, last.hour + 1)).padStart(2, '0')}:00`
  return weekdays.flatMap((weekday) => {
    if (weekday === first.dayOfWeek) {
      return [{ weekday, from: from < opens ? from : opens, to: isNextDay ? '24:00' : to > closes ? to : closes }]
    }
    const night =
      isNextDay && weekday === last.dayOfWeek ? [{ weekday, from: '00:00', to: to < opens ? to : opens }] : []
    return [...night, { weekday, from: opens, to: closes }]
  })
}
