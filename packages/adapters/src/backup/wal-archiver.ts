import pg from 'pg'
import type { ObjectStore } from '../object-store/object-store.ts'
import { ArchivePosition } from './archive-position.ts'
import type { Sealer } from './backup-keys.ts'
import { parseLsn, segmentStart, walFileName } from './lsn.ts'
import { type ArchivedWal, listWalObjects, storeWal } from './wal-archive.ts'
import { WalReceiver } from './wal-receiver.ts'

export type WalArchiverOptions = {
  databaseUrl: string
  /** A connection for replication, which the archiver uses from now on. */
  replication: pg.Client
  store: ObjectStore
  sealer: Sealer
  archive: string
  slot: string
  timeline: number
  segmentBytes: number
  restartLsn: string
}

type Mark = { untilMs: number; lsn: bigint }

/** Stores the WAL of a server as it is written: full segments at once, the one in progress with each `flush`. */
export class WalArchiver {
  readonly #options: WalArchiverOptions
  readonly #receiver: WalReceiver
  readonly #sql: pg.Client
  readonly #position: ArchivePosition
  #marks: Mark[] = []
  #untilMs = 0
  /** WAL files stored only in part. */
  #partials: ArchivedWal[]

  private constructor(options: WalArchiverOptions, sql: pg.Client, partials: ArchivedWal[], position: ArchivePosition) {
    this.#options = options
    this.#sql = sql
    this.#position = position
    this.#partials = partials
    const { replication, slot, timeline, segmentBytes, restartLsn } = options
    this.#receiver = new WalReceiver({
      client: replication,
      slot,
      timeline,
      segmentBytes,
      startLsn: segmentStart(parseLsn(restartLsn), segmentBytes),
      onFull: (startLsn, content) => this.#storeFull(startLsn, content),
    })
  }

  static async start(options: WalArchiverOptions): Promise<WalArchiver> {
    const sql = new pg.Client({ connectionString: options.databaseUrl, application_name: 'holdfast backup' })
    sql.on('error', () => undefined)
    await sql.connect()
    const { store, archive } = options
    const partials = (await listWalObjects(store, archive)).filter(({ partial }) => partial)
    return new WalArchiver(options, sql, partials, await ArchivePosition.open(store, archive))
  }

  /** Waits for the promise. Rejects as soon as the archiver can't go on. */
  unlessFailed<Value>(promise: Promise<Value>): Promise<Value> {
    return this.#receiver.unlessFailed(promise)
  }

  /**
   * Stores everything that was acknowledged until now.
   *
   * A recovery to a point in time ends before the first commit after it, and fails if there is none. So this commits an
   * empty transaction after it has read the clock.
   *
   * @returns the moment, by the database's clock, in milliseconds: the database can be restored as it was then
   */
  async flush(): Promise<number> {
    const { store, sealer, archive, timeline, segmentBytes } = this.#options
    const { rows: clock } = await this.#sql.query<{ now: string }>(
      'select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now',
    )
    await this.#sql.query(`select pg_logical_emit_message(true, 'holdfast backup', '')`)
    const { rows: flushed } = await this.#sql.query<{ lsn: string }>('select pg_current_wal_flush_lsn()::text as lsn')
    const mark = { untilMs: Number(clock[0]?.now), lsn: parseLsn(flushed[0]?.lsn ?? '0/0') }
    this.#marks.push(mark)
    await this.#receiver.reached(mark.lsn)
    const { startLsn, content } = this.#receiver.current()
    this.#reachMarks(startLsn + BigInt(content.length))
    if (content.length > 0) {
      const file = walFileName(timeline, startLsn, segmentBytes)
      await this.#position.note(startLsn, content)
      const wal = await storeWal(store, sealer, archive, { file, content, untilMs: this.#untilMs, partial: true })
      await store.remove(this.#partials.splice(0).map(({ key }) => key))
      this.#partials.push(wal)
    }
    this.#receiver.confirm(startLsn)
    return mark.untilMs
  }

  async stop(): Promise<void> {
    this.#receiver.stop()
    await this.#sql.end()
  }

  async #storeFull(startLsn: bigint, content: Buffer): Promise<void> {
    const { store, sealer, archive, timeline, segmentBytes } = this.#options
    this.#reachMarks(startLsn + BigInt(segmentBytes))
    const file = walFileName(timeline, startLsn, segmentBytes)
    const partialsOfFile = () => this.#partials.filter((wal) => wal.file === file)
    const untilMs = Math.max(this.#untilMs, ...partialsOfFile().map((wal) => wal.untilMs))
    await this.#position.note(startLsn, content)
    await storeWal(store, sealer, archive, { file, content, untilMs, partial: false })
    // A file that a flush has stored meanwhile is replaced, too.
    const replaced = partialsOfFile()
    this.#partials = this.#partials.filter((wal) => wal.file !== file)
    await store.remove(replaced.map(({ key }) => key))
    this.#receiver.confirm(startLsn + BigInt(segmentBytes))
  }

  #reachMarks(lsn: bigint): void {
    for (const mark of this.#marks) if (mark.lsn <= lsn) this.#untilMs = Math.max(this.#untilMs, mark.untilMs)
    this.#marks = this.#marks.filter((mark) => mark.lsn > lsn)
  }
}
