import { setTimeout as delay } from 'node:timers/promises'
import { listSlots } from '@holdfast/server/test/calendar-picture'
import type { LiveClient } from '@holdfast/server/test/live-client'
import WebSocket from 'ws'

/** What became of the live connections. */
export type LiveCounts = {
  /** Ended by their server, which asked them to connect again (1001). */
  closedByServer: number
  /** Ended in any other way, by their codes. */
  cut: Record<string, number>
  /** Connected again, and continued at their position, or read their list again because it is not known any more. */
  resumed: number
  resynced: number
  /** Attempts to connect that were refused. */
  refused: number
}

type LiveServerMessage = LiveClient['received'][number]['message']

type Days = { from: string; to: string }

const closedByServerCode = 1001
const retryMs = 250

/** People who watch a doctor's free places by WebSocket, and connect again at once when the server asks for it. */
export class LiveWatchers {
  readonly counts: LiveCounts = { closedByServer: 0, cut: {}, resumed: 0, resynced: 0, refused: 0 }
  readonly #watchers: Watcher[]

  constructor(url: string, doctorIds: readonly string[], days: Days) {
    this.#watchers = doctorIds.map((doctorId) => new Watcher({ url, doctorId, days, counts: this.counts }))
  }

  /** Resolves when all of them show their list. */
  async ready(): Promise<void> {
    await Promise.all(this.#watchers.map((watcher) => watcher.ready))
  }

  /** How many show other free places of their doctor than these. */
  countWrong(doctorId: string, available: ReadonlyMap<string, number>): number {
    const theirs = this.#watchers.filter((watcher) => watcher.doctorId === doctorId)
    return theirs.filter(({ shown }) => [...available].some(([slotId, free]) => shown?.get(slotId) !== free)).length
  }

  end(): void {
    for (const watcher of this.#watchers) watcher.end()
  }
}

type WatcherOptions = { url: string; doctorId: string; days: Days; counts: LiveCounts }

class Watcher {
  readonly doctorId: string
  readonly ready: Promise<void>
  /** Free places by slot; null: the list is being read. */
  shown: Map<string, number> | null = null
  readonly #options: WatcherOptions
  readonly #isReady = Promise.withResolvers<void>()
  #socket: WebSocket | null = null
  #position: string | null = null
  /** Messages that arrive while the list is being read. */
  #pending: LiveServerMessage[] = []
  #reads = 0
  #isEnded = false

  constructor(options: WatcherOptions) {
    this.#options = options
    this.doctorId = options.doctorId
    this.ready = this.#isReady.promise
    this.#connect()
  }

  end(): void {
    this.#isEnded = true
    this.#socket?.close()
  }

  #connect(): void {
    if (this.#isEnded) return
    const { url, counts } = this.#options
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/api/v1/live`)
    this.#socket = socket
    let isOpen = false
    const after = this.#position
    socket.on('open', () => {
      isOpen = true
      const from = after === null ? {} : { after }
      socket.send(JSON.stringify({ type: 'subscribe', doctorIds: [this.doctorId], ...from }))
    })
    socket.on('message', (data) => this.#take(JSON.parse(data.toString()) as LiveServerMessage, after !== null))
    // The end follows.
    socket.on('error', () => undefined)
    socket.on('close', (code) => {
      if (this.#isEnded) return
      if (!isOpen) counts.refused += 1
      else if (code === closedByServerCode) counts.closedByServer += 1
      else counts.cut[code] = (counts.cut[code] ?? 0) + 1
      if (isOpen) this.#connect()
      else void delay(retryMs).then(() => this.#connect())
    })
  }

  #take(message: LiveServerMessage, isAgain: boolean): void {
    const { counts } = this.#options
    if (message.type === 'resync' || (message.type === 'subscribed' && !isAgain)) {
      if (message.type === 'resync') counts.resynced += 1
      this.#position = message.position
      void this.#readList(message.position)
    } else if (message.type === 'subscribed') {
      counts.resumed += 1
      this.#position = message.position
    } else if (message.type === 'slots') {
      this.#position = message.position
      this.#pending.push(message)
      this.#show(message)
    }
  }

  #show(message: LiveServerMessage): void {
    if (message.type !== 'slots') return
    for (const { id, available } of message.items) this.shown?.set(id, available)
  }

  async #readList(position: string): Promise<void> {
    this.#reads += 1
    const thisRead = this.#reads
    this.shown = null
    this.#pending = []
    const { url, days } = this.#options
    const list = await listSlots(url, this.doctorId, days, position).catch(() => 'unavailable' as const)
    if (thisRead !== this.#reads || this.#isEnded) return
    if (list === 'unavailable' || list === null) {
      this.#options.counts.refused += 1
      return this.#readList(position)
    }
    this.shown = new Map(list.map(({ id, available }) => [id, available]))
    for (const message of this.#pending) this.#show(message)
    this.#pending = []
    this.#isReady.resolve()
  }
}
