import type { FieldError } from '@holdfast/contract'
import { isEmailAddress } from '@holdfast/vocabulary'
import { _, Ajv, type AnySchemaObject, type ErrorObject, type Options, type ValidateFunction } from 'ajv'
import type { FastifySchemaCompiler } from 'fastify'
import { LRUCache } from 'lru-cache'
import { type ProblemError, problem } from '../errors/problem-error.ts'

/** Further errors are omitted: a body of a mebibyte can have a million of them. */
const errorsMax = 20
/** Bodies with at most this many characters are checked for all errors, larger ones up to the first. */
const lengthSearchedMax = 16_384
const previewLengthMax = 60

const dateTimePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/i
const datePattern = /^\d{4}-\d\d-\d\d$/
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

const options: Options = {
  useDefaults: true,
  removeAdditional: false,
  allowUnionTypes: true,
  // So that 4.3 is a multiple of 0.1.
  multipleOfPrecision: 6,
  verbose: true,
  formats: {
    'date-time': (text: string) => text.length <= 40 && dateTimePattern.test(text) && isInstant(text),
    date: (text: string) => datePattern.test(text) && isDate(text),
    email: isEmailAddress,
    uuid: uuidPattern,
  },
}

const places = { body: '', querystring: '/query', params: '/path', headers: '/headers' } as const

type Place = keyof typeof places
type Validated = { value: unknown } | { error: ProblemError }

// Ajv keeps what it has compiled: a second server in the process, as in tests, starts with 0.1 s less of CPU.
const strict = { first: createAjv({}), all: checkingLengthsFirst(createAjv({ allErrors: true })) }
const coercing = {
  first: createAjv({ coerceTypes: true }),
  all: checkingLengthsFirst(createAjv({ coerceTypes: true, allErrors: true })),
}

/**
 * Validates requests. Bodies are neither coerced nor stripped of unknown fields. Text in the query and the path is
 * coerced to numbers and booleans. A repeated query parameter is an array and therefore refused. The error is a
 * ProblemError `invalid_request` whose `errors` name the path, the value and what was expected.
 *
 * Performance: the first request that needs a schema compiles it. With the serializers, a start takes a fifth less CPU.
 */
export function validatorCompiler(): FastifySchemaCompiler<object> {
  return ({ schema, httpPart }) =>
    validatorOf(schema, httpPart !== undefined && httpPart in places ? (httpPart as Place) : 'body')
}

/** Validates values by a schema, as {@link validatorCompiler} says. */
export function validatorOf(schema: object, place: Place): (value: unknown) => Validated {
  const ajv = place === 'body' ? strict : coercing
  let validate: ValidateFunction | undefined
  let validateAll: ValidateFunction | undefined
  return (value) => {
    validate ??= ajv.first.compile(schema)
    if (validate(value)) return place === 'body' ? { value } : finite(value, place)
    let errors = validate.errors ?? []
    if (JSON.stringify(value).length <= lengthSearchedMax) {
      validateAll ??= ajv.all.compile(schema)
      validateAll(value)
      errors = validateAll.errors ?? errors
    }
    return { error: invalidRequest(fieldErrors(errors, place)) }
  }
}

/** Ajv coerces `Infinity` and `1e400` to Infinity and does not check that against any bound. */
function finite(value: unknown, place: Place): Validated {
  for (const [name, one] of Object.entries(value ?? {})) {
    if (typeof one === 'number' && !Number.isFinite(one)) {
      return { error: invalidRequest([{ path: `${places[place]}/${name}`, message: `must be a number, not ${one}` }]) }
    }
  }
  return { value }
}

/** The problem for a request with these errors. */
export function invalidRequest(errors: FieldError[]): ProblemError {
  const [first] = errors
  const detail = first === undefined ? 'The request is not valid.' : `${first.path} ${first.message}`
  return problem('invalid_request', detail, { errors: errors.slice(0, errorsMax) })
}

/** A value as shown in an error: JSON, truncated. What is not shown of a large value is not serialized. */
export function preview(value: unknown): string {
  const text = JSON.stringify(beginningOf(value, { left: previewLengthMax })) ?? 'nothing'
  return text.length <= previewLengthMax ? text : `${text.slice(0, previewLengthMax)}…`
}

/** As much of a value from JSON as its first characters need: each part has one at least. */
function beginningOf(value: unknown, parts: { left: number }): unknown {
  parts.left -= 1
  if (typeof value === 'string') return value.slice(0, previewLengthMax + 1)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items: unknown[] = []
    for (const item of value) {
      if (parts.left < 0) break
      items.push(beginningOf(item, parts))
    }
    return items
  }
  const fields: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(value)) {
    if (parts.left < 0) break
    fields[name.slice(0, previewLengthMax + 1)] = beginningOf(field, parts)
  }
  return fields
}

function createAjv(extra: Options): Ajv {
  const ajv = new Ajv({ ...options, ...extra })
  ajv.addKeyword('x-expected')
  return ajv
}

/**
 * With `allErrors`, Ajv compares a text with its pattern although it is too long. Without it, the first error is the
 * length's. A character is at most two UTF-16 units.
 */
function checkingLengthsFirst(ajv: Ajv): Ajv {
  ajv.removeKeyword('pattern')
  return ajv.addKeyword({
    keyword: 'pattern',
    type: 'string',
    schemaType: 'string',
    errors: false,
    error: { message: 'does not match its pattern', params: ({ schema }) => _`{pattern: ${schema}}` },
    compile(pattern: string, { maxLength = Number.POSITIVE_INFINITY }: AnySchemaObject) {
      const regex = new RegExp(pattern, 'u')
      return (text: string) => text.length > 2 * maxLength || regex.test(text)
    },
  })
}

/** Ajv's errors as paths and messages, one per path: the first ones. */
function fieldErrors(errors: readonly ErrorObject[], place: Place): FieldError[] {
  // `anyOf` reports each alternative. The error of the "or null" alternative is not helpful.
  const helpful = errors.filter((error) => error.keyword !== 'anyOf' && error.params.type !== 'null')
  const seen = new Map<string, FieldError>()
  for (const error of helpful.length > 0 ? helpful : errors) {
    const path = `${places[place]}${error.instancePath}${missingOrUnknown(error)}` || '/'
    if (!seen.has(path)) seen.set(path, { path, message: describeError(error) })
    if (seen.size === errorsMax) break
  }
  return [...seen.values()]
}

function missingOrUnknown(error: ErrorObject): string {
  const name = error.params.missingProperty ?? error.params.additionalProperty
  return typeof name === 'string' ? `/${cut(name).replaceAll('~', '~0').replaceAll('/', '~1')}` : ''
}

function describeError(error: ErrorObject): string {
  const found = preview(error.data)
  const expected: string | undefined = error.parentSchema?.['x-expected']
  switch (error.keyword) {
    case 'required':
      return 'is required'
    case 'additionalProperties': {
      const known = Object.keys(error.parentSchema?.properties ?? {})
      return known.length > 0 ? `is not known here; known are ${known.join(', ')}` : 'is not known here'
    }
    case 'type':
      return `must be ${[error.params.type].flat().join(' or ')}, not ${found}`
    case 'enum':
      return `must be one of ${listOf(error.params.allowedValues)}, not ${found}`
    case 'minimum':
    case 'maximum':
      return `must be ${error.params.comparison === '>=' ? 'at least' : 'at most'} ${error.params.limit}, not ${found}`
    case 'minLength':
    case 'maxLength':
      return `must have ${atLeastOrMost(error)} ${characters(error.params.limit)}, not ${lengthOf(String(error.data))}`
    case 'minItems':
    case 'maxItems':
      return `must have ${atLeastOrMost(error)} ${items(error.params.limit)}, not ${(error.data as unknown[]).length}`
    case 'minProperties':
      return 'must name at least one field to change'
    case 'uniqueItems':
      return `must not name the same twice (items ${error.params.j} and ${error.params.i})`
    case 'multipleOf':
      return `must be a multiple of ${error.params.multipleOf}, not ${found}`
    case 'pattern':
    case 'format':
      return `must be ${expected ?? `like ${error.params.pattern ?? error.params.format}`}, not ${found}`
    default:
      return `${error.message ?? 'is not valid'}, not ${found}`
  }
}

function listOf(values: unknown[]): string {
  return values.map((value) => JSON.stringify(value)).join(', ')
}

function atLeastOrMost({ keyword }: ErrorObject): string {
  return keyword.startsWith('min') ? 'at least' : 'at most'
}

function items(count: unknown): string {
  return count === 1 ? '1 item' : `${count} items`
}

function characters(count: unknown): string {
  return count === 1 ? '1 character' : `${count} characters`
}

/** Length in characters, as the schema counts them. For long text the number of UTF-16 units is close enough. */
function lengthOf(text: string): number {
  return text.length > 10_000 ? text.length : [...text].length
}

function cut(text: string): string {
  return text.length <= previewLengthMax ? text : `${text.slice(0, previewLengthMax)}…`
}

/** Must be valid for Temporal and for Date: Temporal accepts the leap second 23:59:60, Date does not. */
function isInstant(text: string): boolean {
  try {
    Temporal.Instant.from(text)
    return !Number.isNaN(Date.parse(text))
  } catch {
    return false
  }
}

function isDate(text: string): boolean {
  return knownDates.memo(text)
}

/** Most requests use the same few dates. */
const knownDates = new LRUCache<string, boolean>({ max: 1_000, memoMethod: (text) => isDateByCalendar(text) })

function isDateByCalendar(text: string): boolean {
  try {
    Temporal.PlainDate.from(text)
    return true
  } catch {
    return false
  }
}
