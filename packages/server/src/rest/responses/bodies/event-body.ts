import type { BookingEventBody } from '@holdfast/contract'
import type { BookingEvent, CaseDetails } from '@holdfast/engine'
import { timeOrNull, timeText } from './time-text.ts'

/** The body of an event. */
export function eventBody(event: BookingEvent): BookingEventBody {
  const { at, holdExpiresAt, caseDetails } = event
  return {
    ...event,
    at: timeText(at),
    holdExpiresAt: timeOrNull(holdExpiresAt),
    caseDetails: caseDetails && detailsBody(caseDetails),
  }
}

/** The log has PostgreSQL's form of ISO 8601, with an offset in place of `Z`. */
function detailsBody({ allocations, at, expectedEndsAt, ...details }: CaseDetails): CaseDetails {
  return {
    ...details,
    ...(at === undefined ? {} : { at: at && isoText(at) }),
    ...(expectedEndsAt === undefined ? {} : { expectedEndsAt: isoText(expectedEndsAt) }),
    ...(allocations === undefined
      ? {}
      : {
          allocations: allocations.map(([kind, resourceId, unit, from, to]): (typeof allocations)[number] => [
            kind,
            resourceId,
            unit,
            isoText(from),
            isoText(to),
          ]),
        }),
  }
}

function isoText(time: string): string {
  return new Date(time).toISOString()
}
