// Books the next free time of a doctor and cancels it again: node example.mjs http://localhost:3000
import { randomUUID } from 'node:crypto'
import { createHoldfastClient } from '@holdfast/client'

const baseUrl = process.argv[2] ?? 'http://localhost:3000'
const holdfast = createHoldfastClient({ baseUrl })

/** A refusal is a value with a `code`; without a response, there is nothing but the error of fetch. */
function dataOf({ data, error, response }) {
  if (data !== undefined) return data
  if (response === undefined) throw error
  throw new Error(`${error.code}: ${error.detail}`)
}

const { items: doctors } = dataOf(await holdfast.listDoctors({ query: { sort: 'soonest' } }))
const doctor = doctors.find(({ nextAvailableAt }) => nextAvailableAt !== null)
if (doctor === undefined) throw new Error('No doctor has a free time.')

// Days are those of the clinic, which may be the one before or after the day in UTC.
const dayOf = (milliseconds) => new Date(milliseconds).toISOString().slice(0, 10)
const next = Date.parse(doctor.nextAvailableAt)
const { items: slots } = dataOf(
  await holdfast.listSlots({
    path: { doctorId: doctor.id },
    query: { from: dayOf(next - 86_400_000), to: dayOf(next + 86_400_000), onlyAvailable: true },
  }),
)

// The same key for every attempt: a retry after a lost connection returns the first result.
const key = randomUUID()
const hold = dataOf(
  await holdfast.createBooking({
    body: { slotId: slots[0].id, patient: { name: 'Ada Lovelace' } },
    headers: { 'Idempotency-Key': key },
  }),
)
console.log(`held until ${hold.holdExpiresAt}`)

const mine = createHoldfastClient({ baseUrl, bearer: hold.manageToken })
const path = { bookingId: hold.id }
console.log(dataOf(await mine.confirmBooking({ path })).status)
console.log(dataOf(await mine.cancelBooking({ path, body: { reason: 'only an example' } })).status)
