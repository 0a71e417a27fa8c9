import type { restOperations, Static, TSchema } from '@holdfast/contract'
import { clinicNoIn, type Engine } from '@holdfast/engine'
import { hashOfFeedFileName } from '../secrets/calendar-feed-tokens.ts'
import { parseInvitationToken } from '../secrets/invitation-tokens.ts'

type OperationId = keyof typeof restOperations
type ValueOf<Described, Part extends string> = Described extends { [Name in Part]: infer Schema extends TSchema }
  ? Static<Schema>
  : undefined
/** The valid request of an operation. */
type CallOf<Described> = { [Part in 'params' | 'query' | 'body']: ValueOf<Described, Part> }

/** An engine of the coordinator with all `shards`. */
type Coordinator = Pick<Engine, 'calendarFeeds'>

/** @returns the number of the clinic whose shard serves the request; null: the coordinator serves it */
export type FindClinic<Call = { params: unknown; query: unknown; body: unknown }> = (
  call: Call,
  coordinator: Coordinator,
) => number | null | Promise<number | null>

/**
 * Who serves an operation when clinics are in several shards.
 *
 * - `clinic`: the shard of the clinic that the first id of the path names
 * - `body`, `query`: that of the clinic that this field names. Never another field: texts may look like ids.
 * - `coordinator`: the engine over all shards, since the request names no clinic
 */
export type ClinicRule<Call = { params: unknown; query: unknown; body: unknown }> =
  | 'clinic'
  | 'coordinator'
  | { readonly body: Call extends { body: infer Body } ? (unknown extends Body ? string : keyof Body & string) : never }
  | { readonly query: 'clinicId' }
  | FindClinic<Call>

/** A token's id names the clinic, whether or not there is such an invitation. */
const ofInvitation: FindClinic<{ body: { token: string } }> = ({ body }) =>
  clinicNoIn(parseInvitationToken(body.token)?.id ?? '')

/** A feed of an account has the bookings of all clinics. */
const ofFeed: FindClinic<{ params: { fileName: string } }> = async ({ params: { fileName } }, { calendarFeeds }) => {
  const hash = hashOfFeedFileName(fileName)
  const feed = hash === null ? null : await calendarFeeds.open(hash)
  return feed === null || feed.kind === 'account' ? null : clinicNoIn(feed.id)
}

const rules = {
  listClinics: 'coordinator',
  getClinic: 'clinic',
  createClinic: 'coordinator',
  updateClinic: 'clinic',
  getClinicLogo: 'clinic',
  setClinicLogo: 'clinic',
  deleteClinicLogo: 'clinic',
  listDoctors: { query: 'clinicId' },
  getDoctor: 'clinic',
  listSpecializations: 'coordinator',
  createDoctor: { body: 'clinicId' },
  updateDoctor: 'clinic',
  getVideoRoom: 'clinic',
  setVideoRoom: 'clinic',
  listSlots: 'clinic',
  createSlots: 'clinic',
  withdrawSlot: 'clinic',
  withdrawSlotsOfDoctor: 'clinic',
  createBooking: { body: 'slotId' },
  sendTicketLink: { body: 'clinicId' },
  getBooking: 'clinic',
  listBookingEvents: 'clinic',
  confirmBooking: 'clinic',
  cancelBooking: 'clinic',
  rescheduleBooking: 'clinic',
  confirmAttendance: 'clinic',
  withdrawAttendance: 'clinic',
  extendBooking: 'clinic',
  arriveBooking: 'clinic',
  completeBooking: 'clinic',
  noShowBooking: 'clinic',
  reopenBooking: 'clinic',
  linkBooking: 'clinic',
  renewManageToken: 'clinic',
  erasePatient: 'clinic',
  getMe: 'coordinator',
  whoAmI: 'coordinator',
  listMyBookings: 'coordinator',
  listClinicBookings: 'clinic',
  listMembers: 'clinic',
  changeMember: 'clinic',
  removeMember: 'clinic',
  getClinicStats: 'clinic',
  listEvents: 'clinic',
  erasePatients: 'clinic',
  verifyClinic: 'clinic',
  createInvitation: 'clinic',
  listInvitations: 'clinic',
  revokeInvitation: 'clinic',
  getInvitation: ofInvitation,
  acceptInvitation: ofInvitation,
  getBookingLimits: 'clinic',
  updateBookingLimits: 'clinic',
  listBookingBursts: 'clinic',
  listBurstBookings: 'clinic',
  cancelBookingBurst: 'clinic',
  getMyMessageChoices: 'coordinator',
  setMyMessageChoices: 'coordinator',
  deleteMyReminderOptOut: 'clinic',
  chooseReminders: { body: 'bookingId' },
  listMessages: 'clinic',
  getMessage: 'clinic',
  sendMessage: 'clinic',
  previewMessage: 'clinic',
  getMessageSettings: 'clinic',
  updateMessageSettings: 'clinic',
  getClinicSecurity: 'clinic',
  getRetention: 'clinic',
  updateClinicSecurity: 'clinic',
  listClinicAuditEvents: 'clinic',
  listAuditEvents: 'coordinator',
  recordExport: 'clinic',
  getProof: 'coordinator',
  listRooms: 'clinic',
  createRoom: 'clinic',
  updateRoom: 'clinic',
  listTheatreStaff: 'clinic',
  createTheatreStaff: 'clinic',
  updateTheatreStaff: 'clinic',
  listTheatreDoctors: 'clinic',
  updateTheatreDoctor: 'clinic',
  listEquipment: 'clinic',
  createEquipment: 'clinic',
  updateEquipment: 'clinic',
  listBlocks: 'clinic',
  createBlocks: 'clinic',
  changeBlock: 'clinic',
  withdrawBlock: 'clinic',
  fillBlock: 'clinic',
  listCases: 'clinic',
  createCase: { body: 'clinicId' },
  checkCase: { body: 'clinicId' },
  getCase: 'clinic',
  listCaseEvents: 'clinic',
  confirmCase: 'clinic',
  cancelCase: 'clinic',
  moveCase: 'clinic',
  swapCases: 'clinic',
  bumpCases: 'clinic',
  extendCase: 'clinic',
  recordMilestone: 'clinic',
  getTheatre: 'clinic',
  suggestCaseTimes: 'clinic',
  estimateCaseDuration: 'clinic',
  getTheatreReport: 'clinic',
  exportTheatreReport: 'clinic',
  listCaseRequests: 'clinic',
  createCaseRequest: 'clinic',
  getCaseRequest: 'clinic',
  withdrawCaseRequest: 'clinic',
  eraseTheatrePatient: 'clinic',
  createWaitlistEntry: { body: 'clinicId' },
  getWaitlistEntry: 'clinic',
  listWaitlistOffers: 'clinic',
  leaveWaitlist: 'clinic',
  sendWaitlistLinks: { body: 'clinicId' },
  leaveWaitlistByLink: { body: 'entryId' },
  renewWaitlistToken: 'clinic',
  listWaitlistEntries: 'clinic',
  listMyWaitlistEntries: 'coordinator',
  getDoctorWaitlist: 'clinic',
  createWebhook: 'clinic',
  listWebhooks: 'clinic',
  getWebhook: 'clinic',
  updateWebhook: 'clinic',
  deleteWebhook: 'clinic',
  rotateWebhookSecret: 'clinic',
  listWebhookDeliveries: 'clinic',
  testWebhook: 'clinic',
  replayWebhook: 'clinic',
  createMyCalendarFeed: 'coordinator',
  getMyCalendarFeed: 'coordinator',
  deleteMyCalendarFeed: 'coordinator',
  createDoctorCalendarFeed: 'clinic',
  getDoctorCalendarFeed: 'clinic',
  deleteDoctorCalendarFeed: 'clinic',
  createClinicCalendarFeed: 'clinic',
  getClinicCalendarFeed: 'clinic',
  updateClinicCalendarFeed: 'clinic',
  deleteClinicCalendarFeed: 'clinic',
  readCalendarFeed: ofFeed,
  setBusyCalendar: 'clinic',
  getBusyCalendar: 'clinic',
  deleteBusyCalendar: 'clinic',
  listBlockedSlots: 'clinic',
} as const satisfies { [Id in OperationId]: ClinicRule<CallOf<(typeof restOperations)[Id]>> }

/** The rule of each operation of the REST routes; those of accounts are the coordinator's. */
export const clinicRuleOf = rules as Readonly<Record<OperationId, ClinicRule>>

export type AnyCall = { params?: unknown; query?: unknown; body?: unknown }

/**
 * The id by which a request names its clinic: the first one of its path, or the field of its body or query that the
 * operation's rule names. null: it names none so.
 */
export function namedIdOf(operationId: OperationId, { params, query, body }: AnyCall): string | null {
  const rule = clinicRuleOf[operationId]
  // An id of another system names no clinic, and nothing is found by it anywhere.
  if (rule === 'clinic') return firstIdIn(params)
  if (typeof rule !== 'object') return null
  const fields = 'body' in rule ? body : query
  const id = (fields as Readonly<Record<string, unknown>>)['body' in rule ? rule.body : rule.query]
  return typeof id === 'string' ? id : null
}

/**
 * The number of the clinic whose shard serves a request; null: the coordinator serves it. No promise, unless the
 * database has to be asked.
 */
export function clinicNoOfCall(
  operationId: OperationId,
  call: AnyCall,
  coordinator: Coordinator,
): number | null | Promise<number | null> {
  const rule = clinicRuleOf[operationId]
  if (typeof rule === 'function') {
    const { params, query, body } = call
    return rule({ params, query, body }, coordinator)
  }
  return clinicNoIn(namedIdOf(operationId, call) ?? '')
}

/** The first of the parameters of a path that is an id of a clinic or of something in one; null: none is. */
function firstIdIn(params: unknown): string | null {
  if (typeof params !== 'object' || params === null) return null
  return Object.values(params).find((value) => typeof value === 'string' && clinicNoIn(value) !== null) ?? null
}
