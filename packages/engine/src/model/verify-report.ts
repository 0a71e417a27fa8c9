/** The result of `verify`. `overbooked` counts slots with more units booked than their capacity, by recount. */
export type VerifyReport = {
  slots: number
  bookings: number
  events: number
  overbooked: number
  mismatches: number
  details: VerifyFinding[]
}

export type VerifyFinding = {
  kind:
    | 'overbooked'
    | 'taken_differs'
    | 'event_missing'
    | 'event_gap'
    | 'illegal_transition'
    | 'state_differs'
    | 'orphaned_booking'
    | 'next_lapse_late'
    | 'withdrawn_slot_booked'
    | 'slot_differs'
    | 'older_booking'
    | 'key_without_booking'
    | 'key_differs'
    | 'token_without_booking'
    | 'copy_differs'
    | 'patient_differs'
    | 'receiver_differs'
    | 'allocations_differ'
    | 'allocation_overlap'
    | 'case_differs'
    | 'offer_differs'
    | 'message_missing'
    | 'message_without_event'
  clinicId: string
  slotId: string | null
  bookingId: string | null
  message: string
}
