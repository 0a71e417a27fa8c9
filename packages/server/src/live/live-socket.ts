import type { WebSocket } from '@fastify/websocket'
import type { LiveErrorCode } from '@holdfast/contract'
import { parsePositions } from '@holdfast/contract/position'
import { MessageAllowance } from '../edge/connections/message-allowance.ts'
import { LiveFrame } from './live-frame.ts'
import type { LiveConnection, LivePlaces } from './live-places.ts'
import { parseClientMessage } from './parse-client-message.ts'

const brokenRule = 1008

/** Serves one WebSocket until it closes. */
export function serveSocket(hub: LivePlaces, socket: WebSocket): void {
  // The connection arrived while the server was stopping.
  if (hub.isStopping) socket.terminate()
  else new LiveSocket(hub, socket).listen()
}

/** Handles the messages of one client's WebSocket in order. */
class LiveSocket {
  readonly #hub: LivePlaces
  readonly #socket: WebSocket
  readonly #subscriber: LiveConnection
  readonly #allowance: MessageAllowance
  #handled: Promise<void> = Promise.resolve()
  #errors = 0
  #isAlive = true

  constructor(hub: LivePlaces, socket: WebSocket) {
    const { messagesBurstMax, messagesPerSecondMax } = hub.settings
    this.#hub = hub
    this.#socket = socket
    this.#allowance = new MessageAllowance(messagesBurstMax, messagesPerSecondMax)
    this.#subscriber = hub.connect({
      kind: 'socket',
      send: (frame) => this.#send(frame),
      bufferedBytes: () => socket.bufferedAmount,
      end: (code, reason) => socket.close(code, reason),
      destroy: () => socket.terminate(),
      beat: () => this.#beat(),
    })
  }

  listen(): void {
    const socket = this.#socket
    socket.on('message', (data, isBinary) => {
      if (!this.#isAllowed()) return
      if (isBinary) this.#refuse('invalid_message', 'Messages are JSON text, not binary.')
      else {
        const text = data.toString()
        this.#handled = this.#handled.then(() => this.#handle(text))
      }
    })
    socket.on('ping', () => {
      this.#isAllowed()
    })
    socket.on('pong', () => {
      this.#isAlive = true
    })
    socket.on('close', () => this.#hub.disconnect(this.#subscriber))
  }

  async #handle(text: string): Promise<void> {
    if (!this.#isOpen) return
    const parsed = parseClientMessage(text)
    if (parsed.kind === 'invalid') return this.#refuse('invalid_message', parsed.why)
    const { message } = parsed
    if (message.type === 'unsubscribe') {
      this.#hub.unsubscribe(this.#subscriber, message.doctorIds)
      this.#send(new LiveFrame({ type: 'unsubscribed', doctorIds: message.doctorIds }))
      return
    }
    const { doctorIds, after } = message
    const positions = after === undefined ? null : parsePositions(after)
    const outcome = await this.#hub.subscribe(this.#subscriber, doctorIds, positions)
    switch (outcome.kind) {
      case 'subscribed':
        if (outcome.unknown.length > 0) this.#refuseDoctors(outcome.unknown)
        return
      case 'none_known':
        return this.#refuseDoctors(doctorIds)
      case 'too_many': {
        const { doctorsPerConnectionMax } = this.#hub.settings
        const why = `One connection follows at most ${doctorsPerConnectionMax} doctors: unsubscribe from some first.`
        return this.#refuse('too_many_doctors', why)
      }
      case 'unavailable':
        return this.#sendError('unavailable', 'The database cannot be reached now: subscribe again in a moment.')
    }
  }

  #refuseDoctors(doctorIds: string[]): void {
    this.#refuse('doctor_not_found', 'There are no such active doctors.', doctorIds)
  }

  /** Reports a client's error. After too many of them the connection is closed. */
  #refuse(code: LiveErrorCode, why: string, doctorIds?: string[]): void {
    this.#sendError(code, why, doctorIds)
    this.#errors += 1
    if (this.#errors >= this.#hub.settings.errorsMax) this.#socket.close(brokenRule, 'too many errors')
  }

  #sendError(code: LiveErrorCode, message: string, doctorIds?: string[]): void {
    this.#send(new LiveFrame({ type: 'error', code, message, ...(doctorIds === undefined ? {} : { doctorIds }) }))
  }

  #isAllowed(): boolean {
    if (!this.#isOpen) return false
    if (this.#subscriber.isFull) {
      // The client sends messages but does not read the responses.
      this.#socket.terminate()
      return false
    }
    if (this.#allowance.take()) return true
    this.#sendError('rate_limited', 'Too many messages.')
    this.#socket.close(brokenRule, 'too many messages')
    return false
  }

  #send(frame: LiveFrame): void {
    if (this.#isOpen) this.#socket.send(frame.text, { binary: false })
  }

  #beat(): void {
    if (!this.#isAlive) {
      this.#socket.terminate()
      return
    }
    this.#isAlive = false
    if (this.#isOpen) this.#socket.ping()
  }

  get #isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN
  }
}
