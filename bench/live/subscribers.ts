import WebSocket from 'ws'
import type { Target } from '../load/load-job.ts'

const openedAtOnceMax = 100
const openSecondsMax = 30

type Message = { type: string; doctorId?: string; items?: unknown[]; position?: string }

// A day of slots is 13 kB. Parsing a thousand of them per second would take CPU from the measured processes; real
// clients parse on their own devices.
const slotsHead = /^\{"type":"slots","doctorId":"([0-9a-f-]{36})","items":\[\{/
// Positions of releases without epochs have one number.
const slotsTail = /\],"position":"(?:\d+\.)?(\d+)"\}$/
const headBytes = 90
const tailBytes = 40
/** One in so many is parsed completely, and must agree with its beginning and end. */
const readWholeEvery = 100

/** Live sockets, each subscribed to one doctor, and the count of their messages. */
export class Subscribers {
  readonly #sockets: WebSocket[] = []
  messages = 0
  resyncs = 0
  closed = 0
  /** Called with every message about slots, as it arrives. */
  onSlots: (message: Buffer) => void = () => undefined

  /** @throws Error when a socket is refused or its subscription is not confirmed */
  async open(target: Target, doctorIds: readonly string[], count: number): Promise<void> {
    while (this.#sockets.length < count) {
      const some = Math.min(openedAtOnceMax, count - this.#sockets.length)
      const first = this.#sockets.length
      const opened = Array.from({ length: some }, (_, n) =>
        this.#subscribe(target, doctorIds[(first + n) % doctorIds.length] ?? ''),
      )
      this.#sockets.push(...(await Promise.all(opened)))
    }
  }

  close(): void {
    for (const socket of this.#sockets.splice(0)) socket.terminate()
  }

  #subscribe({ host, port }: Target, doctorId: string): Promise<WebSocket> {
    const socket = new WebSocket(`ws://${host}:${port}/api/v1/live`, { perMessageDeflate: false })
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error('A subscription was not confirmed in time.')),
        openSecondsMax * 1000,
      )
      socket.on('error', reject)
      socket.on('close', () => {
        this.closed += 1
      })
      socket.on('open', () => socket.send(JSON.stringify({ type: 'subscribe', doctorIds: [doctorId] })))
      socket.on('message', (data) => {
        if (Buffer.isBuffer(data) && this.#isOfSlots(data)) {
          this.onSlots(data)
          return
        }
        const message = JSON.parse(String(data)) as Message
        if (message.type === 'subscribed') {
          clearTimeout(timer)
          resolve(socket)
        } else if (message.type === 'error') reject(new Error(`A subscription returned ${String(data)}`))
        else if (message.type === 'resync') this.resyncs += 1
        else throw new Error(`A subscriber received an unknown message: ${String(data).slice(0, 200)}`)
      })
    })
  }

  #isOfSlots(data: Buffer): boolean {
    const [, doctorId] = slotsHead.exec(data.toString('latin1', 0, headBytes)) ?? []
    const [, position] = slotsTail.exec(data.toString('latin1', Math.max(0, data.length - tailBytes))) ?? []
    if (doctorId === undefined || position === undefined) return false
    this.messages += 1
    if (this.messages % readWholeEvery === 0) {
      const whole = JSON.parse(String(data)) as Message
      if (
        whole.type !== 'slots' ||
        whole.doctorId !== doctorId ||
        !whole.position?.endsWith(position) ||
        !whole.items?.length
      )
        throw new Error(`A message does not agree with its beginning and end: ${String(data).slice(0, 200)}`)
    }
    return true
  }
}
