/** One line of the appointments file, parsed. */
export type Appointment = {
  /** Unique in the file; the idempotency key is derived from it. */
  appointmentId: string
  patientId: string
  /** When the patient booked. */
  bookedAt: Temporal.Instant
  /** The local day of the appointment. */
  date: Temporal.PlainDate
  healthUnit: string
}
