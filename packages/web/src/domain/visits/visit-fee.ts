import type { VisitType } from '@holdfast/contract/client'

/** What a visit costs with a doctor; null: the clinic has not said. */
export function visitFee({ fee, doctors }: VisitType, doctorId: string): VisitType['fee'] {
  return doctors.find((one) => one.doctorId === doctorId)?.fee ?? fee
}
