// `x-expected` describes a pattern or format in words: validation errors quote it (server, edge/bodies/validator.ts).

import { codePattern, lengths, nameExpected, namePattern, phoneNumberPattern } from '@holdfast/vocabulary'
import Type, { type TSchema, type TSchemaOptions, type TUnsafe } from 'typebox'
import { literals } from './literals.ts'
import { component } from './object.ts'

/** No control characters, including NUL, and no lone surrogates: PostgreSQL cannot store them. */
const LINE = '^[^\\p{Cc}\\p{Cs}]*$'
/** The same, with at least one visible character. No character fits two of its parts in turn: it takes linear time. */
const LINE_NOT_BLANK = '^[\\p{Z}\\p{DI}\\u2800]*[^\\p{Z}\\p{DI}\\u2800\\p{Cc}\\p{Cs}][^\\p{Cc}\\p{Cs}]*$'
/** `LINE`, but with line ends and tabs. */
const PARAGRAPH = '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f\\p{Cs}]*$'
const UUID = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'

const notBlank = (lengthMax: number) => ({
  minLength: 1,
  maxLength: lengthMax,
  pattern: LINE_NOT_BLANK,
  'x-expected': 'one line of text that is not blank and has no control characters',
})

/** What others see and choose from, such as the name of a doctor. */
export function name(lengthMax: number, options: TSchemaOptions = {}) {
  return Type.String({
    ...notBlank(lengthMax),
    pattern: namePattern,
    'x-expected': nameExpected,
    ...options,
  })
}

/** What something is found by, such as a record number. */
export function code(lengthMax: number, options: TSchemaOptions = {}) {
  return name(lengthMax, { pattern: codePattern, ...options })
}

/** The same, or null. */
export function nullableCode(lengthMax: number, options: TSchemaOptions = {}) {
  const { type, ...limits } = code(lengthMax)
  return nullable<string>({ type, ...limits }, options)
}

/** For a whole number: its limits in the words of JSON Schema. */
export function integerWithin({ min, max }: { min: number; max: number }) {
  return { minimum: min, maximum: max }
}

/** One line of text that is not blank, in characters (code points). */
export function line(lengthMax: number, options: TSchemaOptions = {}) {
  return Type.String({ ...notBlank(lengthMax), ...options })
}

/** One line of text that is not blank, or null. */
export function nullableLine(lengthMax: number, options: TSchemaOptions = {}) {
  return nullable<string>({ type: 'string', ...notBlank(lengthMax) }, options)
}

const phoneNumber = {
  minLength: 1,
  maxLength: lengths.phone,
  pattern: phoneNumberPattern,
  'x-expected': 'a telephone number, which has at least one digit',
}

/** A telephone number, as people write it. */
export function phone(options: TSchemaOptions = {}) {
  return Type.String({ ...phoneNumber, ...options })
}

export function nullablePhone(options: TSchemaOptions = {}) {
  return nullable<string>({ type: 'string', ...phoneNumber }, options)
}

/** Text of one or more lines. */
export function paragraph(lengthMax: number, options: TSchemaOptions = {}) {
  return Type.String({
    maxLength: lengthMax,
    pattern: PARAGRAPH,
    'x-expected': 'text without control characters other than line ends and tabs',
    ...options,
  })
}

/** Text of one or more lines, at least one character, or null. */
export function nullableParagraph(lengthMax: number, options: TSchemaOptions = {}) {
  const { type, ...limits } = paragraph(lengthMax, { minLength: 1 })
  return nullable<string>({ type, ...limits }, options)
}

/** A search text; empty: no search. */
export function searchText(options: TSchemaOptions = {}) {
  return Type.String({
    maxLength: lengths.search,
    pattern: LINE,
    'x-expected': 'one line of text without control characters',
    ...options,
  })
}

/** An id: a lower-case UUID. Its version is not checked here: an id of another system is simply not found. */
export function id(options: TSchemaOptions = {}) {
  return Type.String({ format: 'uuid', pattern: UUID, 'x-expected': 'an id (a lower-case UUID)', ...options })
}

export function nullableId(options: TSchemaOptions = {}) {
  return nullable<string>({ type: 'string', format: 'uuid' }, options)
}

/** An id in a request, or null. */
export function idOrNull(options: TSchemaOptions = {}) {
  return nullable<string>(
    { type: 'string', format: 'uuid', pattern: UUID, 'x-expected': 'an id (a lower-case UUID)' },
    options,
  )
}

/** RFC 3339 with any offset, truncated to milliseconds. Responses are always in UTC (`Z`). */
export function time(options: TSchemaOptions = {}) {
  return Type.String({
    format: 'date-time',
    maxLength: 40,
    examples: ['2026-11-23T09:00:00Z'],
    'x-expected': 'a time with its zone, like 2026-11-23T09:00:00Z or 2026-11-23T10:00:00+01:00',
    ...options,
  })
}

export function nullableTime(options: TSchemaOptions = {}) {
  return nullable<string>({ type: 'string', format: 'date-time' }, options)
}

/** A calendar day `YYYY-MM-DD` between 1900 and 2199, in the clinic's time zone. */
export function localDate(options: TSchemaOptions = {}) {
  return Type.String({
    format: 'date',
    pattern: '^(19|20|21)\\d\\d-',
    examples: ['2026-11-23'],
    'x-expected': 'a date like 2026-11-23, from 1900 to 2199',
    ...options,
  })
}

/** A local time of day `HH:MM`. */
export function localTime(options: TSchemaOptions = {}) {
  return Type.String({
    pattern: '^([01]\\d|2[0-3]):[0-5]\\d$',
    examples: ['08:30'],
    'x-expected': 'a time of day from 00:00 to 23:59',
    ...options,
  })
}

/** The same as an end: `24:00` is the midnight that ends the day. */
export function localEndTime(options: TSchemaOptions = {}) {
  return Type.String({
    pattern: '^(([01]\\d|2[0-3]):[0-5]\\d|24:00)$',
    examples: ['17:00'],
    'x-expected': 'a time of day from 00:01 to 24:00',
    ...options,
  })
}

const emailAddress = { format: 'email', minLength: 3, maxLength: lengths.email, 'x-expected': 'an e-mail address' }

export function email(options: TSchemaOptions = {}) {
  return Type.String({ ...emailAddress, ...options })
}

export function nullableEmail(options: TSchemaOptions = {}) {
  return nullable<string>({ type: 'string', ...emailAddress }, options)
}

/** A type or `null`, in one schema: this serializes faster than a union. */
export function nullable<Value>(
  schema: { type: string } & Record<string, unknown>,
  options: TSchemaOptions = {},
): TUnsafe<Value | null> {
  return Type.Unsafe<Value | null>({ ...schema, type: [schema.type, 'null'], ...options })
}

/** Text that may be null. */
export function nullableText(options: TSchemaOptions = {}) {
  return nullable<string>({ type: 'string' }, options)
}

const limitText = 'The largest number of items to return'

/** The language that somebody speaks. */
export function languageTag(options: TSchemaOptions = {}) {
  return Type.String({
    maxLength: lengths.languageTag,
    pattern: '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$',
    'x-expected': 'a BCP 47 tag like pt-BR',
    ...options,
  })
}

/** The page parameters of every list. */
export const pageParameters = {
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20, description: limitText }),
  cursor: Type.Optional(
    Type.String({
      minLength: 1,
      // Enough for the longest name in a list, in characters of four bytes, with its position.
      maxLength: 2_000,
      pattern: '^[A-Za-z0-9_-]+$',
      'x-expected': 'the nextCursor of the previous page',
      description: 'The `nextCursor` of the previous page',
    }),
  ),
}

/** For lists that pages of the site show whole. */
export const longPageParameters = {
  ...pageParameters,
  limit: longLimit({ default: 1_000, description: limitText }),
}

/** How many items a list returns that a page of the site shows whole. */
export function longLimit(options: { default: number; description: string }) {
  return Type.Integer({ minimum: 1, maximum: 1_000, ...options })
}

/** Marks cached responses that are sent while the database cannot be reached. */
export const stale = Type.Optional(
  Type.Boolean({ description: 'true: the database cannot be reached, and this is the last known response' }),
)

/** A page of a list that is served from the cache. */
export function cachedPageOf<Item extends TSchema>(item: Item, title: string) {
  return component(title, { ...pageOf(item, title).properties, stale })
}

/** A page of a list, whose next page is read with a query parameter. */
export function pageOf<Item extends TSchema>(item: Item, title: string, parameter: 'cursor' | 'after' = 'cursor') {
  return component(title, {
    items: Type.Array(item),
    nextCursor: nullableText({
      description: `Send it as \`${parameter}\` to read the next page; null: this is the last page`,
    }),
  })
}

/** `?name=true` or `?name=false`, default false. */
export function flag(description: string) {
  return Type.Boolean({ default: false, description })
}

/** Why a CSV file that is sent while it is read may end early. */
export const csvEndsEarly =
  'A file ends early, and the connection breaks, if the caller’s access ends meanwhile, or after ten minutes. An ' +
  'account gets one such file at once, and a clinic three, from each server process: others are refused with 429.'

export const csvSeparator = literals(['comma', 'semicolon'], {
  default: 'comma',
  description: 'Between the fields. Excel expects a semicolon where the comma is the decimal separator',
})
