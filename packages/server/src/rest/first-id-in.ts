import { clinicNoIn } from '@holdfast/engine'

/** The first of these values that is an id of a clinic or of something in one; null: none is. */
export function firstIdIn(values: unknown): { id: string; clinicNo: number } | null {
  if (typeof values !== 'object' || values === null) return null
  for (const id of Object.values(values)) {
    const clinicNo = typeof id === 'string' ? clinicNoIn(id) : null
    if (clinicNo !== null) return { id, clinicNo }
  }
  return null
}
