import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Target } from './load-job.ts'

/** `body` has one character per byte: it is compared with ASCII, and decoding would cost more than sending. */
export type HttpResponse = { status: number; head: string; body: string }

const headEnd = '\r\n\r\n'
/**
 * Read synchronously, so that all connections share it: a buffer for each chunk cost a tenth of the generator's CPU.
 */
const arrived = Buffer.alloc(65_536)

/**
 * One keep-alive HTTP/1.1 connection, one request at a time. It supports only what Holdfast and the baselines send
 * (Content-Length on every response with a body), and treats anything else as a lost connection.
 */
export class HttpConnection {
  readonly #socket: Socket
  #received = ''
  #done: ((response: HttpResponse | null) => void) | null = null
  isOpen = true

  private constructor({ host, port: first, morePorts = [], tls, clientAddresses }: Target, n: number) {
    const ports = [first, ...morePorts]
    const port = ports[n % ports.length] ?? first
    const onread = {
      buffer: arrived,
      callback: (bytes: number) => {
        this.#read(arrived.toString('latin1', 0, bytes))
        return true
      },
    }
    const from = clientAddresses === undefined ? {} : { localAddress: `127.0.0.${2 + (n % clientAddresses)}` }
    if (tls === undefined) this.#socket = connect({ host, port, noDelay: true, onread, ...from })
    else {
      const encrypted = connectTls({ host, port, servername: tls.name, ca: tls.certificate, ...from })
      this.#socket = encrypted.setNoDelay().setEncoding('latin1')
      encrypted.on('data', (text: string) => this.#read(text))
    }
    this.#socket.on('close', () => this.#lost())
  }

  /**
   * @param n the connection's number, which chooses its server and its client address
   * @throws Error when the connection is refused
   */
  static open(target: Target, n = 0): Promise<HttpConnection> {
    return new Promise((resolve, reject) => {
      const connection = new HttpConnection(target, n)
      const socket = connection.#socket
      socket.once('error', reject)
      socket.once(target.tls === undefined ? 'connect' : 'secureConnect', () => {
        socket.off('error', reject).on('error', () => socket.destroy())
        resolve(connection)
      })
    })
  }

  /** Sends one complete request. `done` receives its response, or null if the connection is lost before it. */
  send(request: string, done: (response: HttpResponse | null) => void): void {
    if (this.#done !== null) throw new Error('A request was sent before the response of the previous one.')
    if (!this.isOpen) {
      done(null)
      return
    }
    this.#done = done
    this.#socket.write(request, 'latin1')
  }

  close(): void {
    this.#socket.destroy()
  }

  #read(text: string): void {
    this.#received = this.#received === '' ? text : this.#received + text
    const bodyAt = this.#received.indexOf(headEnd) + headEnd.length
    if (bodyAt < headEnd.length) return
    const head = this.#received.slice(0, bodyAt)
    const status = Number(head.slice(9, 12))
    const length = bodyLength(head, status)
    if (length === null) {
      this.#socket.destroy()
      return
    }
    if (this.#received.length < bodyAt + length) return
    const body = this.#received.slice(bodyAt, bodyAt + length)
    const isWhole = this.#received.length === bodyAt + length
    this.#received = ''
    // More bytes than announced: the next response could not be assigned to its request.
    if (!isWhole) this.#socket.destroy()
    const done = this.#done
    this.#done = null
    done?.(isWhole ? { status, head, body } : null)
  }

  #lost(): void {
    this.isOpen = false
    const done = this.#done
    this.#done = null
    done?.(null)
  }
}

function bodyLength(head: string, status: number): number | null {
  if (status === 204 || status === 304) return 0
  const length = /\r\ncontent-length: *(\d+)\r\n/i.exec(head)?.[1]
  return length === undefined ? null : Number(length)
}
