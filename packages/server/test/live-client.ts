import { type LiveServerMessage, liveServerMessageSchema } from '@holdfast/contract'
import { until } from '@holdfast/testkit'
import { Ajv } from 'ajv'
import WebSocket from 'ws'

const ajv = new Ajv({ strictTypes: false })
ajv.addKeyword('x-expected')
ajv.addFormat('uuid', /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
const isServerMessage = ajv.compile<LiveServerMessage>(liveServerMessageSchema)

type Typed<Type extends LiveServerMessage['type']> = Extract<LiveServerMessage, { type: Type }>

/** A client of `/api/v1/live`. Every message is checked against the contract. */
export type LiveClient = {
  socket: WebSocket
  /** All messages so far, with the time of their arrival by the monotonic clock. */
  received: { message: LiveServerMessage; atMs: number }[]
  /** Code and reason, once it is closed. */
  closed: Promise<{ code: number; reason: string }>
  send(message: unknown): void
  /** The first message of this type from index `from` on. */
  waitFor<Type extends LiveServerMessage['type']>(type: Type, from?: number): Promise<Typed<Type>>
  /** Subscribes and waits for the confirmation. */
  subscribe(doctorIds: string[], after?: string): Promise<Typed<'subscribed'>>
  /** The last message about each slot. */
  availableOf(slotId: string): number | undefined
  untilAvailable(slotId: string, available: number, deadlineMs?: number): Promise<void>
  end(): Promise<void>
}

export async function liveClient(url: string, options: WebSocket.ClientOptions = {}): Promise<LiveClient> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/api/v1/live`, options)
  const received: LiveClient['received'] = []
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
  })
  socket.on('message', (data) => {
    const message: unknown = JSON.parse(data.toString())
    if (!isServerMessage(message)) throw new Error(`Not in the contract: ${data.toString()}`)
    received.push({ message, atMs: performance.now() })
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  socket.on('error', () => undefined)
  const summary = () => received.map(({ message }) => JSON.stringify(message).slice(0, 200)).join('\n')
  const availableOf = (slotId: string) =>
    received
      .flatMap(({ message }) => (message.type === 'slots' ? message.items : []))
      .findLast((item) => item.id === slotId)?.available
  const waitFor: LiveClient['waitFor'] = (type, from = 0) =>
    until(
      async () => {
        const found = received.slice(from).find(({ message }) => message.type === type)?.message
        return found as Typed<typeof type> | undefined
      },
      () => `a message ${type}; there are:\n${summary()}`,
    )
  const send = (message: unknown) => socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  return {
    socket,
    received,
    closed,
    send,
    waitFor,
    subscribe(doctorIds, after) {
      const from = received.length
      send({ type: 'subscribe', doctorIds, ...(after === undefined ? {} : { after }) })
      return waitFor('subscribed', from)
    },
    availableOf,
    async untilAvailable(slotId, available, deadlineMs) {
      await until(
        async () => availableOf(slotId) === available,
        () => `${available} free of ${slotId}; received:\n${summary()}`,
        deadlineMs,
      )
    },
    async end() {
      if (socket.readyState === WebSocket.CLOSED) return
      socket.close()
      await closed
    },
  }
}

/** The server's response to a refused handshake. */
export function refusedHandshake(
  url: string,
  options: WebSocket.ClientOptions = {},
): Promise<{ status: number; code: unknown; headers: Record<string, string | string[] | undefined> }> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/api/v1/live`, options)
    socket.on('error', reject)
    socket.on('open', () => {
      socket.close()
      reject(new Error('It was not refused.'))
    })
    socket.on('unexpected-response', (_request, response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, code: JSON.parse(text).code, headers: response.headers })
      })
    })
  })
}
