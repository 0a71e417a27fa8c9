import type { createHoldfastClient, Doctor, NewVisitType } from '@holdfast/contract/client'

/**
 * Adds visit types for the pictures of the clinic's pages. Patients see none of them, so that their pages are those
 * of a clinic without visit types.
 */
export async function addVisitTypes(admin: ReturnType<typeof createHoldfastClient>, { id, clinicId }: Doctor) {
  const visitTypes: NewVisitType[] = [
    { name: 'Minor surgery', minutes: 45, bufferAfterMinutes: 15, bookableBy: 'desk', color: 'teal' },
    { name: 'First visit', minutes: 40, doctorIds: [id], active: false },
  ]
  for (const body of visitTypes) await admin.createVisitType({ path: { clinicId }, body })
}
