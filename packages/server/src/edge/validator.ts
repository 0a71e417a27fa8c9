import type { FieldError } from '@holdfast/contract'
import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv'
import type { FastifySchemaCompiler } from 'fastify'
import { LRUCache } from 'lru-cache'
import { type ProblemError, problem } from './problem-error.ts'

/** More are not told: a body of a mebibyte can be wrong in a million places. */
const errorsMax = 20
/** Bodies with at most this many characters are searched for all their errors, larger ones for the first. */
const lengthSearchedMax = 16_384
const previewLengthMax = 60

const dateTimePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/i
const datePattern = /^\d{4}-\d\d-\d\d$/
// HTML's idea of an address (https://html.spec.whatwg.org/#valid-e-mail-address), with at least one dot in the domain.
const emailPattern =
  /^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)+$/
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
    email: (text: string) => text.length <= 254 && emailPattern.test(text),
    uuid: uuidPattern,
  },
}

const places = { body: '', querystring: '/query', params: '/path', headers: '/headers' } as const

type Place = keyof typeof places

/**
 * How requests are checked: a body exactly as it came, without coercion and without dropping what is unknown; query
 * and path with texts read as the numbers and booleans they stand for. A repeated query parameter is an array and so
 * refused. What fails is a ProblemError `invalid_request` whose `errors` name the path, the value and what was expected.
 */
export function validatorCompiler(): FastifySchemaCompiler<object> {
  const strict = { first: createAjv({}), all: createAjv({ allErrors: true }) }
  const coercing = { first: createAjv({ coerceTypes: true }), all: createAjv({ coerceTypes: true, allErrors: true }) }
  return ({ schema, httpPart }) => {
    const place: Place = httpPart !== undefined && httpPart in places ? (httpPart as Place) : 'body'
    const ajv = place === 'body' ? strict : coercing
    const validate = ajv.first.compile(schema)
    let validateAll: ValidateFunction | undefined
    return (value: unknown) => {
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
}

/** Ajv coerces `Infinity` and `1e400` to a number that it then holds to no bound. */
function finite(value: unknown, place: Place): { value: unknown } | { error: ProblemError } {
  for (const [name, one] of Object.entries(value ?? {})) {
    if (typeof one === 'number' && !Number.isFinite(one)) {
      return { error: invalidRequest([{ path: `${places[place]}/${name}`, message: `must be a number, not ${one}` }]) }
    }
  }
  return { value }
}

/** The refusal of a request for these fields. */
export function invalidRequest(errors: FieldError[]): ProblemError {
  const [first] = errors
  const detail = first === undefined ? 'The request is not valid.' : `${first.path} ${first.message}`
  return problem('invalid_request', detail, { errors: errors.slice(0, errorsMax) })
}

/** A value as a refusal shows it: JSON, cut short, so that whatever was sent cannot play tricks. */
export function preview(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length <= previewLengthMax ? text : `${text.slice(0, previewLengthMax)}…`
}

function createAjv(extra: Options): Ajv {
  const ajv = new Ajv({ ...options, ...extra })
  ajv.addKeyword('x-expected')
  return ajv
}

function fieldErrors(errors: ErrorObject[], place: Place): FieldError[] {
  // `anyOf` tells of each option that failed: "or null" is the one that nobody meant.
  const telling = errors.filter((error) => error.keyword !== 'anyOf' && error.params.type !== 'null')
  const seen = new Map<string, FieldError>()
  for (const error of telling.length > 0 ? telling : errors) {
    const path = `${places[place]}${error.instancePath}${missingOrUnknown(error)}` || '/'
    if (!seen.has(path)) seen.set(path, { path, message: message(error) })
  }
  return [...seen.values()]
}

function missingOrUnknown(error: ErrorObject): string {
  const name = error.params.missingProperty ?? error.params.additionalProperty
  return typeof name === 'string' ? `/${cut(name).replaceAll('~', '~0').replaceAll('/', '~1')}` : ''
}

function message(error: ErrorObject): string {
  const found = preview(error.data)
  const expected: unknown = error.parentSchema?.['x-expected']
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
      return `must be one of ${(error.params.allowedValues as unknown[]).map((one) => JSON.stringify(one)).join(', ')}, not ${found}`
    case 'minimum':
    case 'maximum':
      return `must be ${error.params.comparison === '>=' ? 'at least' : 'at most'} ${error.params.limit}, not ${found}`
    case 'minLength':
    case 'maxLength':
      return `must have at ${error.keyword === 'minLength' ? 'least' : 'most'} ${characters(error.params.limit)}, not ${lengthOf(String(error.data))}`
    case 'minItems':
    case 'maxItems':
      return `must have at ${error.keyword === 'minItems' ? 'least' : 'most'} ${error.params.limit} items, not ${(error.data as unknown[]).length}`
    case 'minProperties':
      return 'must name at least one field to change'
    case 'uniqueItems':
      return `must not name the same twice (items ${error.params.j} and ${error.params.i})`
    case 'multipleOf':
      return `must be a multiple of ${error.params.multipleOf}, not ${found}`
    case 'pattern':
    case 'format':
      return `must be ${typeof expected === 'string' ? expected : `like ${error.params.pattern ?? error.params.format}`}, not ${found}`
    default:
      return `${error.message ?? 'is not valid'}, not ${found}`
  }
}

function characters(count: unknown): string {
  return count === 1 ? '1 character' : `${count} characters`
}

/** In characters, as the schema counts them; a mebibyte of text is not taken apart for that. */
function lengthOf(text: string): number {
  return text.length > 10_000 ? text.length : [...text].length
}

function cut(text: string): string {
  return text.length <= previewLengthMax ? text : `${text.slice(0, previewLengthMax)}…`
}

/** Both readings count: Temporal takes the leap second 23:59:60, which a Date cannot hold. */
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

/** The same few days are asked for again and again. */
const knownDates = new LRUCache<string, boolean>({ max: 1_000, memoMethod: (text) => isDateByCalendar(text) })

function isDateByCalendar(text: string): boolean {
  try {
    Temporal.PlainDate.from(text)
    return true
  } catch {
    return false
  }
}
