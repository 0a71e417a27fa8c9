import type pg from 'pg'
import { Failure } from './failure.ts'
import { formatLsn, segmentStart } from './lsn.ts'
import { CopyCommand } from './replication-client.ts'

export type WalReceiverOptions = {
  client: pg.Client
  slot: string
  timeline: number
  segmentBytes: number
  /** Where a segment begins. */
  startLsn: bigint
  /**
   * A segment is full. The receiver reads on while this works, but never more than `pendingMax` segments ahead. The
   * buffer is used again when this resolves: copy what is needed later.
   */
  onFull(startLsn: bigint, content: Buffer): Promise<void>
}

const pendingMax = 2
const statusMs = 10_000
const walHeaderBytes = 25
const walData = 'w'.charCodeAt(0)
const keepalive = 'k'.charCodeAt(0)
/** Microseconds from 1970 to 2000, from where PostgreSQL counts. */
const postgresEpochMicros = 946_684_800_000_000n

/** The WAL in a message of the stream; undefined: it has none. */
export function walDataOf(message: Buffer): Buffer | undefined {
  return message[0] === walData ? message.subarray(walHeaderBytes) : undefined
}

/** Receives the WAL of a server as it is written, through a replication slot, and cuts it into segments. */
export class WalReceiver {
  readonly #options: WalReceiverOptions
  readonly #command: CopyCommand
  readonly #waiting = new Set<() => void>()
  /** Segments that were stored, to be filled again: for each new one, V8 would collect garbage. */
  readonly #unused: Buffer[] = []
  #segment: Buffer
  #segmentLsn: bigint
  #filled = 0
  #pending = 0
  #confirmedLsn = 0n
  #work: Promise<void> = Promise.resolve()
  readonly #failure = new Failure()
  #timer: NodeJS.Timeout

  constructor(options: WalReceiverOptions) {
    this.#options = options
    const { client, slot, timeline, startLsn, segmentBytes } = options
    this.#segment = Buffer.alloc(segmentBytes)
    this.#segmentLsn = startLsn
    this.#command = new CopyCommand(
      `START_REPLICATION SLOT "${slot}" PHYSICAL ${formatLsn(startLsn)} TIMELINE ${timeline}`,
      (message) => this.#receive(message),
    )
    const streamEnded = () => this.#failure.fail(new Error('PostgreSQL ended the stream of WAL.'))
    this.#command.done.then(streamEnded, (error: unknown) => this.#failure.fail(error))
    client.query(this.#command)
    this.#timer = setInterval(() => this.#reply(0n), statusMs)
  }

  /** Waits for the promise. Rejects as soon as the stream ends or a segment could not be stored. */
  unlessFailed<Value>(promise: Promise<Value>): Promise<Value> {
    return this.#failure.before(promise)
  }

  get receivedLsn(): bigint {
    return this.#segmentLsn + BigInt(this.#filled)
  }

  /** The segment that is not full yet, and what it has. */
  current(): { startLsn: bigint; content: Buffer } {
    return { startLsn: this.#segmentLsn, content: Buffer.from(this.#segment.subarray(0, this.#filled)) }
  }

  /** Waits until the WAL up to this position was received, and all segments that became full were stored. */
  async reached(lsn: bigint): Promise<void> {
    while (this.receivedLsn < lsn) {
      const more = Promise.withResolvers<void>()
      this.#waiting.add(more.resolve)
      await this.unlessFailed(more.promise)
    }
    // While it waits for one segment, another may become full.
    let work: Promise<void>
    do {
      work = this.#work
      await this.unlessFailed(work)
    } while (work !== this.#work)
  }

  /** Lets the server remove WAL before this position, unless a later one was confirmed already. */
  confirm(lsn: bigint): void {
    if (lsn <= this.#confirmedLsn) return
    this.#confirmedLsn = lsn
    this.#reply(lsn)
    // Otherwise a server that stops would wait until everything has been confirmed, and this connection could count as
    // a synchronous standby.
    this.#reply(0n)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#command.connection?.stream.destroy()
  }

  #receive(message: Buffer): void {
    if (message[0] === keepalive) {
      if (message[17] === 1) this.#reply(0n)
      return
    }
    let data = walDataOf(message)
    if (data === undefined) return
    const lsn = message.readBigUInt64BE(1)
    if (lsn !== this.receivedLsn) {
      this.#failure.fail(
        new Error(`PostgreSQL sent WAL at ${formatLsn(lsn)} instead of ${formatLsn(this.receivedLsn)}.`),
      )
      return
    }
    while (data.length > 0) {
      const taken = data.copy(this.#segment, this.#filled)
      this.#filled += taken
      data = data.subarray(taken)
      if (this.#filled === this.#segment.length) this.#completeSegment()
    }
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }

  #completeSegment(): void {
    const { onFull, segmentBytes } = this.#options
    const [startLsn, content] = [this.#segmentLsn, this.#segment]
    this.#segment = this.#unused.pop() ?? Buffer.alloc(segmentBytes)
    this.#segmentLsn = segmentStart(startLsn + BigInt(segmentBytes), segmentBytes)
    this.#filled = 0
    const stream = this.#command.connection?.stream
    this.#pending += 1
    if (this.#pending >= pendingMax) stream?.pause()
    this.#work = this.#work.then(async () => {
      await onFull(startLsn, content)
      this.#unused.push(content)
      this.#pending -= 1
      if (this.#pending < pendingMax) stream?.resume()
    })
    this.#work.catch((error: unknown) => this.#failure.fail(error))
  }

  #reply(flushed: bigint): void {
    const reply = Buffer.alloc(34)
    reply[0] = 'r'.charCodeAt(0)
    reply.writeBigUInt64BE(this.receivedLsn, 1)
    reply.writeBigUInt64BE(flushed, 9)
    reply.writeBigUInt64BE(0n, 17)
    reply.writeBigInt64BE(BigInt(Date.now()) * 1000n - postgresEpochMicros, 25)
    this.#command.connection?.sendCopyFromChunk(reply)
  }
}
