import { randomInt, randomUUID } from 'node:crypto'
import { Agent, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { BookPlace } from './booking-load.ts'

/**
 * Books over HTTP, as guests from many addresses. It uses node:http, because fetch would take more of the processor
 * time that the server is measured with.
 *
 * @param url of the server, which trusts one proxy
 */
export function bookByServer(url: string, clients: number): { bookPlace: BookPlace; close(): void } {
  const agent = new Agent({ keepAlive: true, maxSockets: clients })
  const bookings = new URL('/api/v1/bookings', url)
  return {
    async bookPlace(slotId) {
      const body = JSON.stringify({ slotId, units: 1, confirm: true, patient: { name: 'Ada Lovelace' } })
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        const sent = request(bookings, { method: 'POST', agent, headers: headersOf(body) }, resolve)
        sent.on('error', reject)
        sent.end(body)
      })
      const result = JSON.parse(await text(response)) as { id?: string; code?: string }
      if (response.statusCode === 201 && result.id !== undefined) return { id: result.id }
      return { refused: `${response.statusCode} ${result.code}` }
    },
    close: () => agent.destroy(),
  }
}

function headersOf(body: string) {
  return {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'idempotency-key': randomUUID(),
    'x-forwarded-for': `10.${randomInt(256)}.${randomInt(256)}.${randomInt(256)}`,
  }
}
