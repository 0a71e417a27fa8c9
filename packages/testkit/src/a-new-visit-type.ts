import type { NewVisitType } from '@holdfast/engine'

/** A visit of 30 minutes that anyone may book with all doctors of a clinic. */
export function aNewVisitType(overrides: Partial<NewVisitType> = {}): NewVisitType {
  return {
    name: 'First visit',
    names: {},
    minutes: 30,
    bufferBeforeMinutes: 0,
    bufferAfterMinutes: 0,
    fee: null,
    appointmentTypes: ['in_person'],
    bookableBy: 'anyone',
    minimumNoticeMinutes: null,
    bookingHorizonDays: null,
    cancellationDeadlineMinutes: null,
    capacity: 1,
    preparation: null,
    color: null,
    position: 0,
    active: true,
    needs: { room: false, roomIds: [], deviceIds: [] },
    doctors: [],
    questions: [],
    approval: 'none',
    approvalMinutes: 2_880,
    ...overrides,
  }
}
