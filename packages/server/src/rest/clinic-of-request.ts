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

/** An engine of the directory with all `shards`. */
type Directory = Pick<Engine, 'calendarFeeds'>

/** @returns the number of the clinic whose shard serves the request; null: the directory serves it */
export type FindClinic<Call = { params: unknown; query: unknown; body: unknown }> = (
  call: Call,
  directory: Directory,
) => number | null | Promise<number | null>

/**
 * Who serves an operation when clinics are in several shards.
 *
 * - `clinic`: the shard of the clinic that the first id of the path names
 * - `body`, `query`: that of the clinic that this field names. Never another field: texts may look like ids.
 * - `directory`: the engine over all shards, since the request names no clinic
 */
export type ClinicRule<Call = { params: unknown; query: unknown; body: unknown }> =
  | 'clinic'
  | 'directory'
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

type RuleOf<Id extends OperationId> = ClinicRule<CallOf<(typeof restOperations)[Id]>>
/** Operations whose path has no parameters. Others without an id of a clinic are found by the test of these rules. */
type WithoutParams = {
  [Id in OperationId]: CallOf<(typeof restOperations)[Id]>['params'] extends undefined ? Id : never
}[OperationId]

/** For operations whose path names no clinic. All others are served by the shard of the clinic in their path. */
const rules = {
  listClinics: 'directory',
  createClinic: 'directory',
  listDoctors: { query: 'clinicId' },
  listSpecializations: 'directory',
  createDoctor: { body: 'clinicId' },
  createBooking: { body: 'slotId' },
  sendTicketLink: { body: 'clinicId' },
  getMe: 'directory',
  whoAmI: 'directory',
  listMyBookings: 'directory',
  getInvitation: ofInvitation,
  acceptInvitation: ofInvitation,
  getMyMessageChoices: 'directory',
  setMyMessageChoices: 'directory',
  chooseReminders: { body: 'bookingId' },
  listAuditEvents: 'directory',
  exportAuditEvents: 'directory',
  getProof: 'directory',
  createCase: { body: 'clinicId' },
  checkCase: { body: 'clinicId' },
  createWaitlistEntry: { body: 'clinicId' },
  sendWaitlistLinks: { body: 'clinicId' },
  leaveWaitlistByLink: { body: 'entryId' },
  listMyWaitlistEntries: 'directory',
  createMyCalendarFeed: 'directory',
  getMyCalendarFeed: 'directory',
  deleteMyCalendarFeed: 'directory',
  readCalendarFeed: ofFeed,
} as const satisfies { [Id in WithoutParams]: RuleOf<Id> } & { [Id in OperationId]?: RuleOf<Id> }

/** The rule of each operation of the REST routes; those of accounts are the directory's. */
export function clinicRuleOf(operationId: OperationId): ClinicRule {
  return (rules as Readonly<Partial<Record<OperationId, ClinicRule>>>)[operationId] ?? 'clinic'
}

export type AnyCall = { params?: unknown; query?: unknown; body?: unknown }

/**
 * The id by which a request names its clinic: the first one of its path, or the field of its body or query that the
 * operation's rule names. null: it names none so.
 */
export function namedIdOf(operationId: OperationId, { params, query, body }: AnyCall): string | null {
  const rule = clinicRuleOf(operationId)
  // An id of another system names no clinic, and nothing is found by it anywhere.
  if (rule === 'clinic') return firstIdIn(params)
  if (typeof rule !== 'object') return null
  const fields = 'body' in rule ? body : query
  const id = (fields as Readonly<Record<string, unknown>>)['body' in rule ? rule.body : rule.query]
  return typeof id === 'string' ? id : null
}

/**
 * The number of the clinic whose shard serves a request; null: the directory serves it. No promise, unless the
 * database has to be queried.
 */
export function clinicNoOfCall(
  operationId: OperationId,
  call: AnyCall,
  directory: Directory,
): number | null | Promise<number | null> {
  const rule = clinicRuleOf(operationId)
  if (typeof rule === 'function') {
    const { params, query, body } = call
    return rule({ params, query, body }, directory)
  }
  return clinicNoIn(namedIdOf(operationId, call) ?? '')
}

/** The first of the parameters of a path that is an id of a clinic or of something in one; null: none is. */
function firstIdIn(params: unknown): string | null {
  if (typeof params !== 'object' || params === null) return null
  return Object.values(params).find((value) => typeof value === 'string' && clinicNoIn(value) !== null) ?? null
}
