import type { LiveServerMessage } from '@holdfast/contract'

/**
 * A message as bytes, serialised once for all subscribers: as the text of a WebSocket message, and as a server-sent
 * event whose id is the message's position.
 */
export class LiveFrame {
  readonly message: LiveServerMessage
  readonly #json: string
  #text: Buffer | undefined
  #event: Buffer | undefined

  constructor(message: LiveServerMessage) {
    this.message = message
    this.#json = JSON.stringify(message)
  }

  get text(): Buffer {
    this.#text ??= Buffer.from(this.#json)
    return this.#text
  }

  get event(): Buffer {
    const id = 'position' in this.message ? `id: ${this.message.position}\n` : ''
    this.#event ??= Buffer.from(`event: ${this.message.type}\n${id}data: ${this.#json}\n\n`)
    return this.#event
  }
}
