import type { NewVisitType, VisitType } from '@holdfast/contract/client'
import { aPractice, dataOf, type Practice, type PracticeOptions } from './a-practice.ts'
import type { Site } from './harness.ts'

/** The first day of the open session, two days from now. */
export const sessionDay = Temporal.Now.plainDateISO('UTC').add({ days: 2 })

/**
 * A practice whose doctor has an open session from 13:00 to 15:00 UTC, with times every ten minutes, for these visit
 * types.
 */
export async function aVisitPractice(
  site: Site,
  wanted: readonly NewVisitType[],
  options: PracticeOptions = {},
): Promise<Practice & { visitTypes: VisitType[] }> {
  const practice = await aPractice(site, { slotCount: 1, ...options })
  const path = { clinicId: practice.clinic.id }
  const visitTypes: VisitType[] = []
  for (const body of wanted) visitTypes.push(await dataOf(site.admin.createVisitType({ path, body })))
  await dataOf(
    site.admin.createOpenSessions({
      path: { doctorId: practice.doctor.id },
      body: { sessions: [{ startsAt: `${sessionDay}T13:00:00Z`, endsAt: `${sessionDay}T15:00:00Z` }] },
    }),
  )
  return { ...practice, visitTypes }
}
