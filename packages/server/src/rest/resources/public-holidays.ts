import { restOperations } from '@holdfast/contract'
import { instantsOfLocalDays } from '@holdfast/engine'
import type { PublicHoliday } from '../../holidays/public-holidays.ts'
import { timesShown } from '../responses/bodies/closure-body.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'

const closuresMax = 2_000

/** Public holidays of a country, of which a clinic chooses those on which it is closed. */
export function servePublicHolidays(serve: Serve, { engine: { closures }, readHolidays }: RestDeps): void {
  serve(restOperations.listPublicHolidays, async ({ query, granted: { clinic } }) => {
    const { year, country = null, region = null, language } = query
    const { countries, regions, holidays } = await readHolidays({ year, country, region, language })
    const { timezone } = clinic
    const { start: from, end: to } = instantsOfLocalDays(`${year}-01-01`, `${year}-12-31`, timezone)
    const ofClinic = { clinicNo: clinic.no, doctorId: null, from, to, limit: closuresMax, cursor: null }
    const { items } = holidays.length === 0 ? { items: [] } : await closures.list(ofClinic)
    const closed = items.filter(({ doctorId }) => doctorId === null).flatMap(({ times }) => times)
    const isClosed = ({ localStart, localEnd }: PublicHoliday) => {
      const [start, end] = [instantOf(localStart, timezone), instantOf(localEnd, timezone)]
      return closed.some(({ startsAt, endsAt }) => startsAt.getTime() <= start && endsAt.getTime() >= end)
    }
    const bodies = holidays.map((holiday) => {
      const { name, hasFixedDate } = holiday
      return { ...timesShown(holiday), name, hasFixedDate, isClosed: isClosed(holiday) }
    })
    return { status: 200, body: { countries, regions, items: bodies } }
  })
}

function instantOf(local: string, timezone: string): number {
  return Temporal.PlainDateTime.from(local).toZonedDateTime(timezone).epochMilliseconds
}
