import { apiKeyScopes } from '@holdfast/vocabulary'
import { fillExample } from './operations/fill-example.ts'
import { type Access, type Operation, problemsOf, type RestrictedField } from './operations/operation.ts'
import { operations } from './operations.ts'
import { positionsPattern } from './position.ts'
import { type ProblemCode, problemKinds } from './problems.ts'
import { problemSchema } from './schemas/problem.ts'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
type JsonObject = { [key: string]: Json }

/** An OpenAPI 3.1 document, as plain JSON. */
export type OpenApiDocument = {
  openapi: string
  info: JsonObject
  paths: { [url: string]: { [method: string]: JsonObject } }
  components: JsonObject & { schemas: JsonObject }
} & JsonObject

const accessTexts: Record<Access, string> = {
  anyone: 'Anyone.',
  account: 'Any account.',
  site_administrator: 'The site administrator.',
  admin: 'Admins of the clinic.',
  doctor_admin: 'Admins of the doctor’s clinic.',
  member: 'Members of the clinic. Doctors see only their own bookings and cases.',
  calendar: 'Admins and staff of the clinic; doctors for their own calendar.',
  calendar_owner: 'Admins of the clinic; doctors for their own calendar.',
  slot: 'Admins and staff of the clinic; doctors for their own calendar.',
  booking:
    'The bearer of the booking’s manage token; its account; admins and staff of the clinic; doctors for their own ' +
    'calendar.',
  booking_desk: 'Admins and staff of the clinic; doctors for their own calendar.',
  booking_patient: 'The bearer of the booking’s manage token; its account.',
  booking_erasure: 'Admins of the clinic; the account of the booking.',
  booking_series:
    'The bearer of the manage token of one of its visits; its account; admins and staff of the clinic; doctors for ' +
    'their own calendar.',
  clinic_staff: 'Admins and staff of the clinic.',
  closure: 'Admins and staff of the clinic; doctors for closures of themselves.',
  case: 'Admins and staff of the clinic; doctors for cases of which they are the surgeon.',
  case_staff: 'Admins and staff of the clinic.',
  case_request: 'Admins and staff of the clinic; doctors for requests of which they are the surgeon.',
  waitlist_entry:
    'The bearer of the entry’s manage token; its account; admins and staff of the clinic; the doctor whom it waits ' +
    'for.',
  waitlist_desk: 'Admins and staff of the clinic; the doctor whom the entry waits for.',
  waitlist_patient: 'The bearer of the entry’s manage token; its account.',
}

const restrictedFieldTexts: Record<RestrictedField, string> = {
  'body.onBehalf':
    '`onBehalf` is for admins and staff of the clinic, and when booking also for doctors in their own calendar.',
  'query.onBehalf': '`onBehalf` is for admins and staff of the clinic, and for doctors in their own calendar.',
  'query.includeInactive': '`includeInactive` is for members of the clinic.',
  'query.doctorId': 'Doctors may send only themselves as `doctorId`.',
  'body.doctorId': 'Doctors may send only themselves as `doctorId`.',
  'body.slotId': '`slotId` or `sessionId` must be in the booking’s clinic, and for doctors in their own calendar.',
  'body.manageToken': '`manageToken` must be the booking’s.',
  'body.override': '`override` is for admins of the clinic.',
  'body.trial': '`trial` is for admins of the clinic.',
  'body.externalIds': '`externalIds` are for site administrators, because other clinics must not have the same.',
  'body.password':
    'From ten minutes after signing in or showing a second factor, `password` is needed. Not with API keys.',
  'body.surgeonId': 'Doctors may send only themselves as `surgeonId`.',
  'query.surgeonId': 'Doctors may send only themselves as `surgeonId`.',
}

const security: JsonObject[] = [{ bearer: [] }, { session: [] }]

/**
 * The OpenAPI 3.1 document of every operation. A schema with a title becomes a component of that name; two different
 * schemas with the same title are a mistake and throw.
 */
export function buildOpenApi(described: Operation[] = operations): OpenApiDocument {
  const components = new Map<string, Json>()
  const paths: OpenApiDocument['paths'] = {}
  for (const operation of described) {
    const methods = paths[operation.url] ?? {}
    methods[operation.method.toLowerCase()] = describe(operation, components)
    paths[operation.url] = methods
  }
  const problem = hoist(toJson(problemSchema), components)
  return {
    openapi: '3.1.0',
    info: {
      title: 'Holdfast',
      version: '1',
      summary: 'Books appointments: a confirmed booking is guaranteed its place, and no slot is ever overbooked.',
      description: introduction(),
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(described.map((operation) => operation.tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: Object.fromEntries([...components].sort(([a], [b]) => (a < b ? -1 : 1))),
      responses: {
        Problem: {
          description: 'A problem document',
          content: { 'application/problem+json': { schema: problem } },
        },
      },
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'A session token, a JWT, or a booking’s manage token (`hfm_…`).',
        },
        apiKey: {
          type: 'http',
          scheme: 'bearer',
          description: `An API key of a clinic (\`hfk_…\`), with these scopes: ${apiKeyScopes.join(', ')}.`,
        },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'better-auth.session_token',
          description: 'The session cookie of browsers; with https, its name begins with `__Host-`.',
        },
      },
    },
  }
}

function describe(operation: Operation, components: Map<string, Json>): JsonObject {
  const example = fillExample(operation, exampleValues)
  const parameters = [
    ...parametersOf(operation, 'path', components),
    ...parametersOf(operation, 'query', components),
    ...(isOurWrite(operation) ? [idempotencyKey] : []),
    ...(operation.cached ? cachedReadHeaders : []),
  ]
  const responses: JsonObject = {}
  for (const [status, response] of Object.entries(operation.responses)) {
    const headers = {
      ...response.headers,
      ...(operation.cached ? { ETag: 'Identifies the content; send it as If-None-Match' } : {}),
      ...(operation.cached ? { 'Holdfast-Position': newPositionText } : {}),
      ...(isOurWrite(operation) ? { 'Holdfast-Position': positionText } : {}),
    }
    responses[status] = {
      description: response.description,
      ...(Object.keys(headers).length > 0 ? { headers: headersOf(headers) } : {}),
      ...(response.schema
        ? {
            content: {
              [response.mediaType ?? 'application/json']: { schema: hoist(toJson(response.schema), components) },
            },
          }
        : {}),
    }
  }
  for (const [status, codes] of problemsByStatus(operation)) {
    responses[status] = {
      description: codes.map((code) => `\`${code}\`: ${problemKinds[code].title}.`).join(' '),
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    }
  }
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    description: [operation.description, accessText(operation)].filter(Boolean).join('\n\n'),
    security: securityOf(operation),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(operation.body
      ? {
          requestBody: {
            required: operation.bodyOptional !== true,
            content: {
              'application/json': {
                schema: hoist(toJson(operation.body), components),
                ...(example.body === undefined ? {} : { example: toJson(example.body) }),
              },
            },
          },
        }
      : {}),
    responses,
  }
}

/** How a caller may authenticate. The list of an HTTP scheme has the roles: the scope that an API key needs. */
function securityOf({ access, scope }: Operation): JsonObject[] {
  return [...(access === 'anyone' ? [{}] : []), ...security, ...(scope === undefined ? [] : [{ apiKey: [scope] }])]
}

/** Ids of one clinic: its number is in each. */
const exampleValues = Object.fromEntries(
  ['clinicId', 'doctorId', 'slotId', 'bookingId', 'entryId', 'roomId', 'otherCaseId'].map((name, index) => [
    name,
    `01900000-0000-7000-8000-00010000000${index}`,
  ]),
)
exampleValues.day = '2030-06-03'

function accessText({ access, scope, restrictedField, passwordIf }: Operation): string {
  const text = restrictedField === undefined ? '' : ` ${restrictedFieldTexts[restrictedField]}`
  const restriction = passwordIf === undefined ? text : text.replace('is needed', `is needed ${passwordIf.text}`)
  const keys = scope === undefined ? 'API keys: none.' : `API keys: with the scope \`${scope}\`.`
  return `Who may call: ${accessTexts[access]}${restriction} ${keys}`
}

/** A write of the REST routes; the calls of accounts have neither keys nor positions. */
function isOurWrite(operation: Operation): boolean {
  return operation.method !== 'GET' && operation.url.startsWith('/api/v1/')
}

const positionText = 'The position of this write in the log. Send it with a read to get data that is at least as new'

const newPositionText =
  'Only if the position that was sent is from before a restore or a failover: send this one from now on'

const cachedReadHeaders: JsonObject[] = [
  {
    name: 'Holdfast-Position',
    in: 'header',
    required: false,
    description:
      'The position of one of your writes, or several with commas between, of writes in several clinics: the ' +
      'response is at least as new',
    schema: { type: 'string', pattern: positionsPattern },
  },
  {
    name: 'If-None-Match',
    in: 'header',
    required: false,
    description: 'The ETag of a response that you have',
    schema: { type: 'string' },
  },
]

const idempotencyKey: JsonObject = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Makes retries safe: requests with the same key and the same content take effect once. Stored for 24 hours, for ' +
    'bookings with the clinic of their slot: a key that is sent with slots of two clinics books in both.',
  schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x20-\\x7e]+$' },
}

function parametersOf(operation: Operation, where: 'path' | 'query', components: Map<string, Json>): JsonObject[] {
  const schema = where === 'path' ? operation.params : operation.query
  if (!schema) return []
  const required = new Set<string>((schema as { required?: string[] }).required ?? [])
  const examples = where === 'path' ? {} : (fillExample(operation, exampleValues).query ?? {})
  return Object.entries(schema.properties).map(([name, property]) => {
    const schema = toJson(property) as JsonObject
    const { description, ...rest } = schema
    // A schema with a title is shared, and is described there.
    const isShared = schema.title !== undefined
    return {
      name,
      in: where,
      required: required.has(name) && schema.default === undefined,
      ...(isShared || description === undefined ? {} : { description }),
      schema: hoist(isShared ? schema : rest, components),
      ...(name in examples ? { example: toJson(examples[name as keyof typeof examples]) } : {}),
    }
  })
}

function problemsByStatus(operation: Operation): Map<string, ProblemCode[]> {
  const byStatus = new Map<string, ProblemCode[]>()
  for (const code of problemsOf(operation)) {
    const status = String(problemKinds[code].status)
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return new Map([...byStatus].sort())
}

function headersOf(headers: Record<string, string>): JsonObject {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
  )
}

/** Moves every schema that has a title into the components and leaves a reference. */
function hoist(schema: Json, components: Map<string, Json>): Json {
  if (Array.isArray(schema)) return schema.map((item) => hoist(item, components))
  if (schema === null || typeof schema !== 'object') return schema
  const inner: JsonObject = {}
  for (const [key, value] of Object.entries(schema)) inner[key] = hoist(value, components)
  const title = inner.title
  if (typeof title !== 'string') return inner
  const known = components.get(title)
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(inner)) {
    throw new Error(`Two different schemas are titled ${title}`)
  }
  components.set(title, inner)
  return { $ref: `#/components/schemas/${title}` }
}

/** Plain JSON Schema, without the symbols that TypeBox adds. */
function toJson(schema: unknown): Json {
  return JSON.parse(JSON.stringify(schema))
}

function introduction(): string {
  const rows = Object.entries(problemKinds).map(
    ([code, { status, title, help }]) => `| \`${code}\` | ${status} | ${title}. ${help} |`,
  )
  return [
    'Times are in UTC; requests may use any offset, but must include one. Unknown fields and query parameters are ' +
      'invalid.',
    'Lists take `limit` and `cursor` and return `{items, nextCursor}`. Errors are RFC 9457 problem documents with a ' +
      'stable `code`:',
    '',
    '| code | status | meaning and what to do |',
    '|---|---|---|',
    ...rows,
    '',
    ...liveUpdates,
  ].join('\n')
}

const liveUpdates = [
  '## Live updates',
  'The WebSocket `/api/v1/live` carries JSON texts. Send `{"type": "subscribe", "doctorIds": […]}`, and ' +
    '`unsubscribe` likewise. The server sends:',
  '- `{"type": "subscribed", "doctorIds", "position"}`: now read the lists that you show of these doctors, with ' +
    '`Holdfast-Position: <position>`. Doctors of several clinics may come in several such messages.',
  '- `{"type": "slots", "doctorId", "items": [{"id", "available"}], "position"}`: the free units of these slots; ' +
    'at most ten a second for a doctor.',
  '- `{"type": "resync", "doctorIds", "position"}`: slots were created or withdrawn, or messages were lost: read the ' +
    'lists again.',
  '- `{"type": "error", "code", "message"}`: after several invalid messages the connection is closed (1008).',
  '',
  'After a lost connection send `"after"` with the newest position that you received: the changes since then come ' +
    'first. The server sends a ping every 30 seconds.',
  'Where WebSockets are blocked, `GET /api/v1/live/events?doctorIds=a,b` sends the same messages as server-sent ' +
    'events, with positions as ids.',
]
