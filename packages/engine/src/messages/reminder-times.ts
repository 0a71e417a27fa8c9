import type { MessageSettings } from '../model/message.ts'

type QuietHours = Pick<MessageSettings, 'quietFrom' | 'quietUntil'>

type RemindedVisit = { startsAt: Date; minutesBefore: number; timezone: string; quiet: QuietHours }

/** A reminder is of no use later than this before the visit. */
const usefulMinutes = 30
const minuteMs = 60_000

/**
 * When the reminder for a visit is sent: `minutesBefore` it; if that is in the clinic's quiet hours, when they end, or
 * when they began if their end is too late. null: that is past.
 */
export function reminderTime(visit: RemindedVisit, now: Date): Date | null {
  const { startsAt, minutesBefore, timezone, quiet } = visit
  const wanted = new Date(startsAt.getTime() - minutesBefore * minuteMs)
  const hours = quietHoursAround(wanted, timezone, quiet)
  const time = hours === null ? wanted : isUseful(visit, hours.end) ? hours.end : hours.start
  return time <= now ? null : time
}

/**
 * Until when a reminder that is due has to wait: the end of the quiet hours that `now` is in. null: it need not, or
 * would then come too late.
 */
export function reminderDelay(visit: RemindedVisit, now: Date): Date | null {
  const end = quietHoursAround(now, visit.timezone, visit.quiet)?.end ?? null
  return end !== null && isUseful(visit, end) ? end : null
}

function isUseful({ startsAt, minutesBefore }: RemindedVisit, at: Date): boolean {
  return at.getTime() <= startsAt.getTime() - Math.min(usefulMinutes, minutesBefore) * minuteMs
}

/** The quiet hours that `at` is in; null: it is not. */
export function quietHoursAround(
  at: Date,
  timezone: string,
  { quietFrom, quietUntil }: QuietHours,
): { start: Date; end: Date } | null {
  if (quietFrom === quietUntil) return null
  const local = Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timezone)
  const [from, until] = [Temporal.PlainTime.from(quietFrom), Temporal.PlainTime.from(quietUntil)]
  const length = Temporal.PlainTime.compare(from, until) < 0 ? 0 : 1
  for (const first of [local.toPlainDate().subtract({ days: 1 }), local.toPlainDate()]) {
    const start = first.toZonedDateTime({ timeZone: timezone, plainTime: from })
    const end = first.add({ days: length }).toZonedDateTime({ timeZone: timezone, plainTime: until })
    if (Temporal.ZonedDateTime.compare(start, local) <= 0 && Temporal.ZonedDateTime.compare(local, end) < 0) {
      return { start: new Date(start.epochMilliseconds), end: new Date(end.epochMilliseconds) }
    }
  }
  return null
}
