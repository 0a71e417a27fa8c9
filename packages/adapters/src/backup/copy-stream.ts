import { Socket } from 'node:net'

/** The data of a copy, without the header. They are overwritten afterwards: copy what is needed later. */
export type OnCopyData = (data: Buffer) => void

const bufferBytes = 512 * 1024
/** PostgreSQL sends WAL in messages of at most 128 KB. Larger messages are left to pg, which copies them. */
const messageBytesMax = bufferBytes / 2
/** The type of a message, and the length of the rest. */
const headerBytes = 5
const copyData = 'd'.charCodeAt(0)

/**
 * Reads what a PostgreSQL server sends into one buffer, and passes the data of copies on from there. Everything else is
 * for pg. Performance: where pg reads itself, Node allocates memory for each 64 KB, and pg copies each message. Without
 * that, receiving a GiB of WAL takes 0.4 s of processor time instead of 1.3
 * (docs/decisions/0015-backups-by-the-replication-protocol.md).
 *
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export class CopyStream {
  /** null: the data of copies are for pg too. */
  onCopyData: OnCopyData | null = null
  readonly #passOn: (bytes: Buffer) => void
  readonly #buffer = Buffer.allocUnsafeSlow(bufferBytes)
  #begin = 0
  #end = 0
  /** What is left of a message that is for pg. */
  #passing = 0

  /** @param passOn receives all bytes that are for pg, and may keep them */
  constructor(passOn: (bytes: Buffer) => void) {
    this.#passOn = passOn
  }

  /** Where the next bytes belong. */
  space(): Buffer {
    if (this.#begin === this.#end) [this.#begin, this.#end] = [0, 0]
    if (bufferBytes - this.#end < messageBytesMax) {
      this.#buffer.copyWithin(0, this.#begin, this.#end)
      this.#end -= this.#begin
      this.#begin = 0
    }
    return this.#buffer.subarray(this.#end)
  }

  /** So many bytes have been written to the space. */
  arrived(count: number): void {
    this.#end += count
    for (;;) {
      const bytes = this.#end - this.#begin
      if (this.#passing > 0 && bytes > 0) {
        const passed = this.#take(Math.min(this.#passing, bytes))
        this.#passing -= passed.length
        this.#passOn(Buffer.from(passed))
        continue
      }
      if (bytes < headerBytes) return
      const messageBytes = 1 + this.#buffer.readUInt32BE(this.#begin + 1)
      const isCopied = this.#buffer[this.#begin] === copyData && messageBytes <= messageBytesMax
      if (this.onCopyData === null || !isCopied) this.#passing = messageBytes
      else if (bytes < messageBytes) return
      else this.onCopyData(this.#take(messageBytes).subarray(headerBytes))
    }
  }

  #take(count: number): Buffer {
    this.#begin += count
    return this.#buffer.subarray(this.#begin - count, this.#begin)
  }
}

/** A socket for pg that reads by {@link CopyStream}. Not for TLS, whose messages only pg sees. */
export class CopySocket extends Socket {
  readonly copies: CopyStream

  constructor() {
    const copies = new CopyStream((bytes) => this.emit('data', bytes))
    super({
      onread: {
        buffer: () => copies.space(),
        callback(count) {
          copies.arrived(count)
          return true
        },
      },
    })
    this.copies = copies
  }
}
