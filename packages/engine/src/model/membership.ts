import type { Role } from '@holdfast/vocabulary'
export type Membership = { clinicNo: number; clinicId: string; accountId: string; role: Role; doctorId: string | null }

/** A membership as its account may use it. */
export type HeldMembership = Membership & {
  /** The clinic requires sessions that were started with a second factor. */
  needsSecondFactor: boolean
}
