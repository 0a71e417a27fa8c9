import type { ApiKeyScope } from '@holdfast/vocabulary'
import type { Static, TObject, TSchema, TString } from 'typebox'
import type { AuditField } from '../audit-fields.ts'
import type { ProblemCode } from '../problems.ts'
import { id } from '../schemas/fields.ts'
import { object } from '../schemas/object.ts'
import type { Tag } from '../tags.ts'
import type { Audit, NotAudited } from './audit.ts'

/** Who may call an operation. The server checks this before the handler runs, by the id that is named for each. */
export type Access =
  /** Anyone; credentials may add to the response. */
  | 'anyone'
  /** Any account. */
  | 'account'
  | 'site_administrator'
  /** Admins of the clinic `clinicId`, which is in the path or else in the body. */
  | 'admin'
  /** Admins of the clinic that the doctor `doctorId` belongs to. */
  | 'doctor_admin'
  /** Every member of the clinic `clinicId`. */
  | 'member'
  /** Admins and staff of the clinic; the doctor `doctorId`, who is in the path or else in the body. */
  | 'calendar'
  /** Admins of the clinic; the doctor `doctorId`. */
  | 'calendar_owner'
  /** Admins and staff of the clinic; the doctor whose calendar the slot `slotId` is in. */
  | 'slot'
  /** The bearer of the booking's manage token, the booking's account, and everybody in `booking_desk`. */
  | 'booking'
  /** Admins and staff of the clinic; the doctor whose calendar the booking `bookingId` is in. */
  | 'booking_desk'
  /** The bearer of the booking's manage token, and the booking's account. */
  | 'booking_patient'
  /** Admins of the booking's clinic, and the booking's account; not its manage token. */
  | 'booking_erasure'
  /** Everybody in `booking` for one of the visits of the series `seriesId`. */
  | 'booking_series'
  /** Admins and staff of the clinic `clinicId`, which is in the path or else in the body. */
  | 'clinic_staff'
  /** Admins and staff of the clinic `clinicId`; the doctor whom alone the closure `closureId` is of. */
  | 'closure'
  /** Admins and staff of the clinic; the doctor who is the surgeon of the case `caseId`. */
  | 'case'
  /** Admins and staff of the clinic that the case `caseId` belongs to. */
  | 'case_staff'
  /** Admins and staff of the clinic; the doctor who is the surgeon of the request `requestId`. */
  | 'case_request'
  /** The bearer of the entry's manage token, its account, admins and staff, and the doctor whom it waits for. */
  | 'waitlist_entry'
  /** Admins and staff of the clinic that the entry belongs to, and the doctor whom it waits for. */
  | 'waitlist_desk'
  /** The bearer of the entry's manage token, and its account. */
  | 'waitlist_patient'

/**
 * A field that access also depends on. The server checks it after `access`, and gives the handler the outcome of the
 * check in place of the field.
 */
export type RestrictedField =
  /** `true` only for those with `slot` access to `body.slotId`, or who work at the desk of `body.clinicId`. */
  | 'body.onBehalf'
  /** `true` only for those with `calendar` access to the doctor. */
  | 'query.onBehalf'
  /** `true` only for members of the clinic `query.clinicId`. */
  | 'query.includeInactive'
  /** A member with the role doctor may name only themselves, and sees nothing of others. */
  | 'query.doctorId'
  /** A member with the role doctor may name only themselves, and does so by naming nobody. */
  | 'body.doctorId'
  /** Only a slot of the clinic that the booking belongs to. */
  | 'body.slotId'
  /** Only the manage token of the booking `bookingId`. */
  | 'body.manageToken'
  /** Only for admins of the clinic. */
  | 'body.override'
  | 'body.trial'
  /** Only for site administrators. */
  | 'body.externalIds'
  /**
   * The current password, which is needed if the caller is a person who has not signed in or shown a second factor a
   * moment ago; where the operation has `passwordIf`, only for such bodies.
   */
  | 'body.password'
  /** A member with the role doctor may name only themselves. */
  | 'body.surgeonId'
  | 'query.surgeonId'

/**
 * What is removed from the responses to members with the role doctor. The server removes it from what the handler
 * returns, so that no handler can forget to. For operations with `member` access.
 */
export type RestrictedResponse =
  /** `items`: only those of which the doctor is the surgeon. */
  | 'items'
  /** `cases`: only those of which the doctor is the surgeon; other cases are in `busy`, as a room and times. */
  | 'cases'

/**
 * What says of which clinic a request is, and so which database serves it. Default: the first id of the path.
 *
 * - `none`: it names no clinic; where there are several databases, the directory serves it
 * - `body`, `query`: the clinic that the id in this field names; of several fields, the first that is present. No other
 * field is considered, because texts may look like ids
 * - a token: the invitation or the calendar feed that it belongs to
 */
export type ClinicSource =
  | 'none'
  | { readonly body: string | readonly string[] }
  | { readonly query: 'clinicId' }
  | 'invitation token'
  | 'feed token'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** A successful response: its schema (absent: no body), and the headers to document. */
export type ResponseDescription = {
  description: string
  schema?: TSchema
  /** Default: application/json. */
  mediaType?: 'text/csv' | 'text/calendar' | 'image/*'
  headers?: Record<string, string>
}

/** One operation of the API. Its route, checks, documentation and client are derived from it. */
export type Operation = Routed & { id: string; tag: Tag }

/** The method, a space and the path. Parameters are written as `{name}`. */
type Route = `${Method} /${string}`
type MethodIn<Path extends Route> = Path extends `${infer Name extends Method} ${string}` ? Name : never
type UrlIn<Path extends Route> = Path extends `${string} ${infer Url}` ? Url : never

/** An operation with its route; its id is its name in the table. */
type Routed = Described & { method: Method; url: string }

/** Bodies with this field, or with this value of it, need `body.password`; `text` says so. */
type PasswordCondition = { readonly text: string; readonly field: 'role' | 'url'; readonly is?: string }

/** What is said of an operation beside its route. */
export type Described = {
  /** Default: that of its table. */
  tag?: Tag
  summary: string
  description?: string
  access: Access
  /**
   * The scope that an API key needs, which then has the rights of the clinic's staff, or where `access` needs it of an
   * admin. Absent: the operation is not for API keys.
   */
  scope?: ApiKeyScope
  restrictedField?: RestrictedField
  /** Which bodies need `body.password`. Absent: each. */
  passwordIf?: PasswordCondition
  restrictedResponse?: RestrictedResponse
  /** Default: each parameter of the path is an id. */
  params?: TObject
  query?: TObject
  body?: TSchema
  /** The body may be omitted, which is the same as `{}`. */
  bodyOptional?: true
  /** The successful responses, by status. */
  responses: Record<number, ResponseDescription>
  /** Served from the cache where possible: takes If-None-Match and Holdfast-Position, and may be marked stale. */
  cached?: true
  clinic?: ClinicSource
  /** The rate limit that counts the request before it runs, beside those of all requests. */
  limit?: 'booking' | 'patient'
  /**
   * Where a write waits that does not count against its clinic's limit of concurrent writes. `in the engine`: in its
   * queues, or within its own limit of the clinic. `on the network`: it calls another server.
   */
  waits?: 'in the engine' | 'on the network'
  /**
   * How a write is repeated with the same Idempotency-Key. Default: the response of the first request is stored after
   * the write, and sent again. `in the transaction`: the handler stores the key with what it writes. `runs again`:
   * nothing is stored, and the repetition does no harm.
   */
  retry?: 'in the transaction' | 'runs again'
  /** The response contains a secret and is not stored: how the caller gets another one if the response was lost. */
  ifLost?: string
  /** What the security log records of a request that succeeds; absent for a read that names no patients. */
  audit?: Audit | NotAudited
  /** What the log records when a repetition shows a patient's data, or a secret, again. */
  auditRepeated?: Audit | readonly Audit[]
  /**
   * A valid request, for the documentation and the tests. `{clinicId}`, or another parameter, is such an id; `{day}`
   * is a day to come. Absent: a request needs neither query nor body.
   */
  example?: { readonly query?: object; readonly body?: object }
  /** What an unknown id in the path is refused with. Default: for each of them, what `unknownIds` has. */
  unknown?: readonly ProblemCode[]
  /** The problems specific to this operation; `problemsOf` adds those that every operation of its kind can return. */
  problems?: readonly ProblemCode[]
}

/** The response of cached reads. */
export const notModified = { description: 'Unchanged since the ETag that was sent' } satisfies ResponseDescription

/** The responses of a write that creates something: to the request, and to a repetition or if nothing was created. */
export function created<Schema extends TSchema>(
  description: string,
  schema: Schema,
  otherwise = 'A retry: the first response again',
) {
  return { 201: { description, schema }, 200: { description: otherwise, schema } }
}

/** `query.<name>` or `body.<name>` for each field of the operation's schemas. */
type FieldOf<Description> = {
  [Part in 'query' | 'body']: Description extends Record<Part, infer Schema extends TSchema>
    ? `${Part}.${keyof Static<Schema> & string}`
    : never
}['query' | 'body']

/** Does not compile if the restricted field is in none of the operation's schemas. */
type WithRestriction<Description> = Description extends { restrictedField: infer Field }
  ? Field extends FieldOf<Description>
    ? Description
    : Description & { restrictedField: { error: 'This field is not in the schema of the query or of the body.' } }
  : Description

/** Does not compile if a response is restricted by a role that the check of the access does not find. */
type WithRole<Description> = Description extends { restrictedResponse: RestrictedResponse }
  ? Description extends { access: 'member' }
    ? Description
    : Description & { restrictedResponse: { error: 'Only the check of member access finds the role.' } }
  : Description

/** Does not compile if a write of the REST routes does not say what the security log records of it. */
type WithAudit<Path, Description> = Description extends { audit: object }
  ? WithFields<Description>
  : Path extends `${Exclude<Method, 'GET'>} /api/v1/${string}`
    ? Description & { audit: Audit | NotAudited }
    : Description

/** Does not compile if the log would have the name of a field for which the site has no text. */
type WithFields<Description> = Description extends { audit: { fields: true }; body: infer Body extends TSchema }
  ? keyof Static<Body> extends AuditField | 'settings'
    ? Description
    : Description & { audit: { error: 'A field of the body is missing in auditFields.' } }
  : Description

type NameIn<Url extends string> = Url extends `${string}{${infer Name}}${infer Rest}` ? Name | NameIn<Rest> : never

type WithRoute<Path extends Route, Description> = WithParams<UrlIn<Path>, Description> & {
  readonly method: MethodIn<Path>
  readonly url: UrlIn<Path>
}

type WithParams<Url extends string, Description> = Description extends { params: TObject }
  ? Description
  : [NameIn<Url>] extends [never]
    ? Description
    : Description & { readonly params: TObject<Record<NameIn<Url>, TString>> }

/** One object for each set of names: a server compiles it once. */
const idsByNames = new Map<string, TObject>()

function idsIn(url: string): TObject | undefined {
  const names = Array.from(url.matchAll(/\{(\w+)\}/g), ([, name = '']) => name)
  if (names.length === 0) return undefined
  const key = names.join()
  const known = idsByNames.get(key)
  if (known !== undefined) return known
  const ids = object(Object.fromEntries(names.map((name) => [name, id()])))
  idsByNames.set(key, ids)
  return ids
}

/**
 * Preserves an operation's literal types, so that the types of its handler are inferred from it. A restricted field
 * must be a field of its query or body.
 */
export function operation<const Path extends Route, const Description extends Described>(
  route: Path,
  described: Description & WithRestriction<Description> & WithRole<Description> & WithAudit<Path, Description>,
): WithRoute<Path, Description> {
  const [method, url = ''] = route.split(' ')
  const params = described.params ?? idsIn(url)
  const complete = { method, url, ...described, ...(params === undefined ? {} : { params }) }
  return complete as unknown as WithRoute<Path, Description>
}

type Named<Table> = { [Id in keyof Table]: Table[Id] & { readonly id: Id; readonly tag: Tag } }

/** Gives each operation its id, and this tag if it has none. */
export function operationTable<Table extends Record<string, Routed>>(tag: Tag, table: Table): Named<Table> {
  return Object.fromEntries(
    Object.entries(table).map(([id, described]) => [id, { id, tag, ...described }]),
  ) as Named<Table>
}

/** What an id in the path that belongs to nothing is refused with. */
const unknownIds: Record<string, ProblemCode> = {
  clinicId: 'clinic_not_found',
  doctorId: 'doctor_not_found',
  slotId: 'slot_not_found',
  sessionId: 'session_not_found',
  bookingId: 'booking_not_found',
  seriesId: 'booking_series_not_found',
  entryId: 'waitlist_entry_not_found',
  patientId: 'patient_not_found',
  messageId: 'message_not_found',
  invitationId: 'invitation_not_found',
  closureId: 'closure_not_found',
  webhookId: 'webhook_not_found',
  keyId: 'api_key_not_found',
  personId: 'person_not_found',
  caseId: 'case_not_found',
  requestId: 'case_request_not_found',
  blockId: 'block_not_found',
  roomId: 'theatre_resource_not_found',
  staffId: 'theatre_resource_not_found',
  equipmentId: 'theatre_resource_not_found',
}

function unknownOf({ unknown, params }: Operation): readonly ProblemCode[] {
  return unknown ?? Object.keys(params?.properties ?? {}).flatMap((name) => unknownIds[name] ?? [])
}

/** What a role can be refused with. */
const ofRoles: readonly ProblemCode[] = ['second_factor_required']

/** Who needs no role. Strangers do not learn that a booking or an entry exists. */
const withoutRole: Partial<Record<Access, readonly ProblemCode[]>> = {
  anyone: [],
  account: [],
  booking: ['second_factor_required'],
  booking_series: ['second_factor_required'],
  waitlist_entry: ['second_factor_required'],
}

/** Every problem that an operation can return. */
export function problemsOf(described: Operation): ProblemCode[] {
  // Invalid credentials are refused everywhere, also where none are needed.
  // API keys are refused wherever they lack the scope.
  const codes = new Set<ProblemCode>([
    'invalid_request',
    'unauthenticated',
    'forbidden',
    ...(withoutRole[described.access] ?? ofRoles),
  ])
  for (const code of [...unknownOf(described), ...(described.problems ?? [])]) codes.add(code)
  // The field may be restricted to roles.
  if (described.restrictedField !== undefined) codes.add('second_factor_required')
  if (described.body) codes.add('body_too_large').add('unsupported_media_type').add('request_timeout')
  for (const code of ['rate_limited', 'internal_error', 'unavailable', 'overloaded', 'locked'] as const) codes.add(code)
  // A write with a session cookie that was sent from another origin's page is refused.
  if (described.method !== 'GET') {
    codes.add('origin_forbidden')
    // What runs again is stored under no key.
    if (described.url.startsWith('/api/v1/') && described.retry !== 'runs again') codes.add('idempotency_key_reused')
  }
  return [...codes]
}
