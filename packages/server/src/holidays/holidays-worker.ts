import { parentPort, workerData } from 'node:worker_threads'
import Holidays, { type HolidaysTypes } from 'date-holidays'
import type { HolidayQuery, NamedPlace, PublicHoliday, PublicHolidays } from './public-holidays.ts'

// A separate thread: see read-holidays.ts.
parentPort?.postMessage(holidaysOf(workerData as HolidayQuery))

function holidaysOf({ year, country, region, language }: HolidayQuery): PublicHolidays {
  const all = new Holidays()
  const countries = placesOf(all.getCountries(language), language)
  if (country === null || !countries.some(({ code }) => code === country)) {
    return { countries, regions: [], holidays: [] }
  }
  const regions = placesOf(all.getStates(country, language), language)
  if (region !== null && !regions.some(({ code }) => code === region)) return { countries, regions, holidays: [] }
  const calendar = region === null ? new Holidays(country) : new Holidays(country, region)
  const found = calendar.getHolidays(year, language).filter(({ type }) => type === 'public')
  return { countries, regions, holidays: found.map(holidayOf) }
}

function placesOf(names: Record<string, string> | undefined, language: string): NamedPlace[] {
  return Object.entries(names ?? {})
    .map(([code, name]) => ({ code, name }))
    .toSorted((one, other) => one.name.localeCompare(other.name, language))
}

/** `date` is a local time, with the offset of another place for calendars that follow the moon: days are meant. */
function holidayOf({ date, start, end, name, rule }: HolidaysTypes.Holiday): PublicHoliday {
  const from = Temporal.PlainDateTime.from(date.slice(0, 19).replace(' ', 'T'))
  const hours = Math.round((end.getTime() - start.getTime()) / 3_600_000)
  // A day may have 23 or 25 hours.
  const to = hours < 23 ? from.add({ hours }) : from.add({ days: Math.round(hours / 24) })
  const local = (time: Temporal.PlainDateTime) => time.toString({ smallestUnit: 'minute' })
  const hasFixedDate = /^\d\d-\d\d( since \d+)?$/.test(rule) && from.hour === 0
  return { name, localStart: local(from), localEnd: local(to), hasFixedDate }
}
