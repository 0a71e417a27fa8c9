import WebSocket from 'ws'
import type { Target } from '../load/load-job.ts'

const openedAtOnceMax = 100
const openSecondsMax = 30

type Message = { type: string; doctorId?: string; position?: string }

/** Live sockets, each on one doctor, and what they are told. */
export class Subscribers {
  readonly #sockets: WebSocket[] = []
  messages = 0
  resyncs = 0
  closed = 0
  /** Hears every message about slots at the moment it comes. */
  onSlots: (doctorId: string, position: bigint) => void = () => undefined

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
        const message = JSON.parse(String(data)) as Message
        if (message.type === 'subscribed') {
          clearTimeout(timer)
          resolve(socket)
        } else if (message.type === 'error') reject(new Error(`A subscription was answered ${String(data)}`))
        else this.#hear(message)
      })
    })
  }

  #hear({ type, doctorId, position }: Message): void {
    if (type === 'resync') this.resyncs += 1
    if (type !== 'slots' || doctorId === undefined || position === undefined) return
    this.messages += 1
    this.onSlots(doctorId, BigInt(position))
  }
}
