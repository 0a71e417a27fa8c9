import { isLaterPosition, type Position, parsePosition, positionText } from '@holdfast/contract/position'
import { seededRandom, until } from '@holdfast/testkit'
import { describe, expect } from 'vitest'
import { book, cancel, untilCaughtUp } from '../../test/live-calendar.ts'
import { type LiveClient, liveClient } from '../../test/live-client.ts'
import { call } from '../../test/running-server.ts'
import { test } from '../../test/two-servers-test.ts'

// The tail's horizon covers the whole PostgreSQL server: a transaction of another test file delays messages.
const notifiedMsMax = 45_000

/** The current position: subscribes and disconnects. */
async function positionNow(url: string, doctorId: string): Promise<string> {
  const client = await liveClient(url)
  const { position } = await client.subscribe([doctorId])
  await client.end()
  return position
}

describe('a client that resumes with a position', () => {
  test('receives the changes since then from both, and no others', async ({ calendar, database, here, there }) => {
    const { doctor, slots } = await calendar({ slots: 3, capacity: 5 })
    const [before, between] = slots
    if (before === undefined || between === undefined) throw new Error('three slots')
    await book(here.url, before)
    await untilCaughtUp(database, here.url, doctor.id)
    const position = await positionNow(here.url, doctor.id)
    await book(here.url, between)
    await untilCaughtUp(database, here.url, doctor.id)
    await untilCaughtUp(database, there.url, doctor.id)
    for (const url of [here.url, there.url]) {
      const client = await liveClient(url)
      // The same position again: if the connection is lost before the change arrives, the client resumes from there.
      expect(await client.subscribe([doctor.id], position)).toMatchObject({ position })
      expect(await client.waitFor('slots')).toMatchObject({ items: [{ id: between.id, available: 4 }] })
      expect(client.received).toHaveLength(2)
      await client.end()
    }
  })

  test('the control: without a position, the changes since then are not sent', async ({ calendar, database, here }) => {
    const { doctor, slots } = await calendar({ slots: 2, capacity: 5 })
    const [first, second] = slots
    if (first === undefined || second === undefined) throw new Error('two slots')
    await book(here.url, first)
    await untilCaughtUp(database, here.url, doctor.id)
    const client = await liveClient(here.url)
    await client.subscribe([doctor.id])
    await book(here.url, second)
    await client.untilAvailable(second.id, 4, notifiedMsMax)
    expect(client.availableOf(first.id)).toBeUndefined()
    await client.end()
  })

  test('a position before the history or after the horizon: resync', async ({ calendar, here }) => {
    const { doctor } = await calendar()
    for (const after of ['1', '99999999999999999999']) {
      const client = await liveClient(here.url)
      await client.subscribe([doctor.id], after)
      expect(await client.waitFor('resync')).toMatchObject({ doctorIds: [doctor.id] })
      await client.end()
    }
  })

  test('a position before slots were created: resync', async ({ calendar, database, here }) => {
    const { doctor, slot } = await calendar()
    const position = await positionNow(here.url, doctor.id)
    await database.ownerPool.query('update holdfast.slot set capacity = 2 where id = $1', [slot.id])
    await untilCaughtUp(database, here.url, doctor.id)
    const client = await liveClient(here.url)
    await client.subscribe([doctor.id], position)
    expect(await client.waitFor('resync')).toMatchObject({ doctorIds: [doctor.id] })
    await client.end()
  })
})

describe('clients that switch between two processes', () => {
  /**
   * Behaves like a page: reads at the start and after each resync, applies messages, resumes from its last position.
   */
  class Page {
    readonly shown = new Map<string, number>()
    readonly #doctorIds: string[]
    readonly #from: string
    readonly #to: string
    readonly #resumesWithPosition: boolean
    #client: LiveClient | null = null
    #applied = 0
    #position: Position | null = null
    resyncs = 0

    constructor(doctorIds: string[], from: string, to: string, resumesWithPosition: boolean) {
      this.#doctorIds = doctorIds
      this.#from = from
      this.#to = to
      this.#resumesWithPosition = resumesWithPosition
    }

    async connect(url: string): Promise<void> {
      const isFirst = this.#position === null
      this.#client = await liveClient(url)
      this.#applied = 0
      await this.#client.subscribe(this.#doctorIds, this.#resumesWithPosition ? this.#positionText : undefined)
      await this.applyMessages(url)
      if (isFirst) for (const doctorId of this.#doctorIds) await this.#read(url, doctorId)
    }

    async applyMessages(url: string): Promise<void> {
      const fresh = this.#client?.received.slice(this.#applied) ?? []
      this.#applied += fresh.length
      for (const { message } of fresh) {
        const position = 'position' in message ? parsePosition(message.position) : null
        if (position !== null && (this.#position === null || isLaterPosition(position, this.#position))) {
          this.#position = position
        }
        if (message.type === 'slots') for (const { id, available } of message.items) this.shown.set(id, available)
        if (message.type === 'resync') {
          this.resyncs += 1
          for (const doctorId of message.doctorIds) await this.#read(url, doctorId)
        }
      }
    }

    async disconnect(url: string): Promise<void> {
      await this.applyMessages(url)
      this.#client?.socket.terminate()
      await this.#client?.closed
    }

    get #positionText(): string | undefined {
      return this.#position === null ? undefined : positionText(this.#position.epoch, this.#position.transaction)
    }

    async #read(url: string, doctorId: string): Promise<void> {
      const response = await call(`${url}/api/v1/doctors/${doctorId}/slots?from=${this.#from}&to=${this.#to}`, {
        headers: this.#positionText === undefined ? {} : { 'holdfast-position': this.#positionText },
      })
      for (const { id, available } of response.body.items as { id: string; available: number }[]) {
        this.shown.set(id, available)
      }
    }
  }

  test('end with the right state; without a position they do not', async ({ calendar, database, here, there }) => {
    const seed = Number(process.env.HOLDFAST_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31))
    const next = seededRandom(seed)
    const random = (max: number) => Math.floor(next() * max)
    const pick = <Value>(values: readonly Value[]): Value => values[random(values.length)] as Value
    // None of them becomes full, however long the test takes.
    const options = { slots: 4, capacity: 100_000 }
    const calendars = [await calendar(options), await calendar(options)]
    const doctorIds = calendars.map(({ doctor }) => doctor.id)
    const slots = calendars.flatMap((one) => one.slots)
    const urls = [here.url, there.url]
    const day = (days: number) => Temporal.Now.plainDateISO('UTC').add({ days }).toString()
    const pages = Array.from({ length: 6 }, (_, n) => new Page(doctorIds, day(0), day(4), n < 5))

    let isOver = false
    const bookers = urls.map(async (url) => {
      while (!isOver) {
        const booking = await book(url, pick(slots)).catch(() => null)
        if (booking !== null && random(3) > 0) await cancel(pick(urls), booking)
      }
    })
    await Promise.all(
      pages.map(async (page) => {
        for (let visit = 0; visit < 12; visit += 1) {
          const url = pick(urls)
          await page.connect(url)
          // Applies messages between other requests, a random number of times.
          const looks = random(30)
          for (let look = 0; look < looks; look += 1) {
            await call(`${url}/livez`)
            await page.applyMessages(url)
          }
          await page.disconnect(url)
        }
      }),
    )
    isOver = true
    await Promise.all(bookers)
    // While all pages are disconnected, each slot changes once more.
    for (const slot of slots) await book(here.url, slot)
    for (const url of urls) for (const id of doctorIds) await untilCaughtUp(database, url, id)

    const { rows } = await database.ownerPool.query<{ id: string; available: number }>(
      'select id, capacity - taken as available from holdfast.slot where id = any ($1) order by id',
      [slots.map((slot) => slot.id)],
    )
    const truth = rows.map(({ id, available }) => `${id} ${available}`)
    const shownBy = (page: Page) => rows.map(({ id }) => `${id} ${page.shown.get(id)}`)
    const [control] = pages.slice(-1)
    if (control === undefined) throw new Error('six pages')
    await control.connect(here.url)
    for (const page of pages.slice(0, -1)) {
      await page.connect(here.url)
      await until(
        async () => {
          await page.applyMessages(here.url)
          return shownBy(page).join() === truth.join()
        },
        () => `seed ${seed}: the page shows\n${shownBy(page).join('\n')}\nthe truth is\n${truth.join('\n')}`,
      )
      await page.disconnect(here.url)
    }
    await control.disconnect(here.url)
    expect(shownBy(control)).not.toEqual(truth)
    // They received the changes, and did not merely read everything again each time.
    expect(Math.max(...pages.map((page) => page.resyncs))).toBeLessThan(12)
  })
})
