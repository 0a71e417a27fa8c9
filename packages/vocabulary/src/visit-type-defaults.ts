import type { AppointmentType, VisitApproval, VisitTypeBooker } from './words.ts'

type Names = { en?: string; de?: string; ar?: string }

/** What a visit type has unless something else is said: all but its name and its minutes. */
export const visitTypeDefaults = {
  names: {} as Names,
  bufferBeforeMinutes: 0,
  bufferAfterMinutes: 0,
  fee: null,
  appointmentTypes: ['in_person'] as AppointmentType[],
  bookableBy: 'anyone' as VisitTypeBooker,
  minimumNoticeMinutes: null,
  bookingHorizonDays: null,
  cancellationDeadlineMinutes: null,
  capacity: 1,
  preparation: null,
  color: null,
  position: 0,
  active: true,
  needs: { room: false, roomIds: [] as string[], deviceIds: [] as string[] },
  doctors: [],
  questions: [],
  approval: 'none' as VisitApproval,
  approvalMinutes: 2_880,
  combinable: false,
}
