import type { MessageChannel, MessageKind } from '@holdfast/vocabulary'

/** A message that is planned. */
export type NewMessage = {
  clinicNo: number
  id: string
  bookingId: string
  version: number
  slotId: string
  kind: MessageKind
  channel: MessageChannel
  minutesBefore: number
  byPatient: boolean | null
  byClinic: boolean
  dueAt: Date
  /** When it is planned. */
  plannedAt: Date
  /** Another message about its series is sent instead. Default: false. */
  isInSeries?: true
}
