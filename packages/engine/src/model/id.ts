import { getRandomValues } from 'node:crypto'

/** The largest clinic number that fits into an id: 24 bits. */
export const clinicNoMax = 0xffffff

const idPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

// The 50 random bits are stored as 26 + 24, so that all arithmetic uses small integers.
const highLimit = 2 ** 26
const lowLimit = 2 ** 24
// A step of up to 2²² leaves room for some 2²⁸ ids before the millisecond is used up.
const stepMask = 2 ** 22 - 1

const randomWords = new Uint32Array(1024)
let randomWordsUsed = randomWords.length

let lastMs = 0
let high = 0
let low = 0

// Ids are written here, digit by digit: V8 stores a concatenated text as a tree of its parts until it is read.
const draft = Buffer.from('00000000-0000-8000-8000-000000000000', 'latin1')
const hexDigits = Buffer.from('0123456789abcdef', 'latin1')
let draftMs = 0

/**
 * A new id: a UUID of version 8 (RFC 9562 §5.8) that contains its time and its clinic.
 *
 * 48 bits of Unix milliseconds | version 8 | the clinic number's high 12 bits | variant 10 | its low 12 bits | 50
 * random bits. Within a clinic, ids of one process only ever grow: in the same millisecond, or when the clock steps
 * back, the random bits count up by random steps from a random start (and the millisecond is raised when they run
 * out). Processes differ by their randomness. Ids are not secrets.
 *
 * @param clinicNo 1–16,777,215
 * @throws RangeError for a clinic number outside of these
 */
export function newId(clinicNo: number): string {
  if (!Number.isInteger(clinicNo) || clinicNo < 1 || clinicNo > clinicNoMax) {
    throw new RangeError(`A clinic number is a whole number from 1 to ${clinicNoMax}, not ${clinicNo}.`)
  }
  advance(Date.now())
  if (draftMs !== lastMs) {
    writeHex(Math.floor(lastMs / 2 ** 16), 0, 8)
    writeHex(lastMs % 2 ** 16, 9, 4)
    draftMs = lastMs
  }
  writeHex(clinicNo >>> 12, 15, 3)
  writeHex(0x8000 | ((clinicNo & 0xfff) << 2) | (high >>> 24), 19, 4)
  writeHex(high & 0xffffff, 24, 6)
  writeHex(low, 30, 6)
  return draft.toString('latin1')
}

/** Writes the lowest digits of a value of at most 32 bits. */
function writeHex(value: number, offset: number, length: number): void {
  let rest = value
  for (let index = offset + length - 1; index >= offset; index -= 1) {
    draft[index] = hexDigits[rest & 15] ?? 0
    rest >>>= 4
  }
}

/** Moves the state to a value that was never used: a random start in a later millisecond, a step up otherwise. */
function advance(nowMs: number): void {
  if (nowMs > lastMs) {
    lastMs = nowMs
    startAtRandom()
    return
  }
  low += 1 + (randomWord() & stepMask)
  if (low >= lowLimit) {
    low -= lowLimit
    high += 1
  }
  if (high >= highLimit) {
    lastMs += 1
    startAtRandom()
  }
}

function startAtRandom(): void {
  high = randomWord() >>> 6
  low = randomWord() >>> 8
}

/** One call of the system's generator for 1,024 words: a call for each id costs more than the rest of an id. */
function randomWord(): number {
  if (randomWordsUsed === randomWords.length) {
    getRandomValues(randomWords)
    randomWordsUsed = 0
  }
  const word = randomWords[randomWordsUsed] ?? 0
  randomWordsUsed += 1
  return word
}

/** Whether a text is an id: a lower-case UUID of version 8, with a clinic number of at least 1. */
export function isId(text: string): boolean {
  return clinicNoIn(text) !== null
}

/** The clinic number inside an id; null if the text is not an id ({@link isId}). */
export function clinicNoIn(text: string): number | null {
  const clinicNo = idPattern.test(text) ? readClinicNo(text) : 0
  return clinicNo > 0 ? clinicNo : null
}

/** Fields with the ids of what is never a booking. */
const otherIds = new Set(['clinicId', 'doctorId', 'slotId', 'otherRecords'])

/** Every id in a value that can be stored as JSON, once, except in {@link otherIds}: it may be a booking's. */
export function bookingIdsIn(value: unknown): string[] {
  const ids = new Set<string>()
  const collect = (part: unknown): void => {
    if (typeof part === 'string') {
      if (isId(part)) ids.add(part)
    } else if (typeof part === 'object' && part !== null) {
      for (const [name, inner] of Object.entries(part)) if (!otherIds.has(name)) collect(inner)
    }
  }
  collect(value)
  return [...ids]
}

/**
 * The clinic number inside an id, the same as `holdfast.clinic_no_of(id)` in SQL.
 *
 * @throws RangeError if the text is not an id ({@link isId})
 */
export function clinicNoOf(id: string): number {
  const clinicNo = clinicNoIn(id)
  if (clinicNo === null) throw notAnId(id)
  return clinicNo
}

/**
 * When an id was created, to the millisecond.
 *
 * @throws RangeError if the text is not an id ({@link isId})
 */
export function timeOf(id: string): Date {
  if (!isId(id)) throw notAnId(id)
  return new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16))
}

/**
 * The smallest UUID of a millisecond: ids created at `at` or later sort at or above it, earlier ones below. The bound
 * of partitions, and of queries that are pruned to them; the same as `holdfast.id_floor(at)` in SQL.
 *
 * @throws RangeError for a time before 1970 or after the year 10889, which 48 bits can't hold
 */
export function idFloor(at: Date): string {
  const ms = at.getTime()
  if (!(ms >= 0 && ms < 2 ** 48)) throw new RangeError(`An id can't hold the time ${ms} ms.`)
  const hex = ms.toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`
}

function readClinicNo(id: string): number {
  const highBits = Number.parseInt(id.slice(15, 18), 16)
  const lowBits = (Number.parseInt(id.slice(19, 23), 16) >>> 2) & 0xfff
  return (highBits << 12) | lowBits
}

function notAnId(text: string): RangeError {
  return new RangeError(`${JSON.stringify(text.slice(0, 50))} is not an id (a lower-case UUID of version 8).`)
}
