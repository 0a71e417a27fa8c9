import type { LiveServerMessage } from '@holdfast/contract'

/** A message about changes of doctors. */
export type ChangesMessage = Extract<LiveServerMessage, { type: 'slots' | 'resync' }>

/**
 * A message as bytes, serialised once for all subscribers, when it is first sent: as the text of a WebSocket message,
 * and as a server-sent event whose id is the message's position.
 */
export class LiveFrame<Message extends LiveServerMessage = LiveServerMessage> {
  readonly message: Message
  #text: Buffer | undefined
  #event: Buffer | undefined

  constructor(message: Message) {
    this.message = message
  }

  get text(): Buffer {
    this.#text ??= Buffer.from(JSON.stringify(this.message))
    return this.#text
  }

  get event(): Buffer {
    const id = 'position' in this.message ? `id: ${this.message.position}\n` : ''
    this.#event ??= Buffer.from(`event: ${this.message.type}\n${id}data: ${JSON.stringify(this.message)}\n\n`)
    return this.#event
  }
}
