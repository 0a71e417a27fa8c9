import { Socket } from 'node:net'
import pg from 'pg'
import { BackupError } from './backup-error.ts'
import { CopySocket, type CopyStream } from './copy-stream.ts'

const connectMsMax = 10_000

/**
 * Connects for PostgreSQL's replication protocol, by which a server sends its files and its WAL. It also runs SQL,
 * without parameters. Neither `pg_basebackup` nor `pg_receivewal` is needed, which the embedded server does not have.
 *
 * https://www.postgresql.org/docs/current/protocol-replication.html
 *
 * @throws BackupError `not_permitted`
 */
export async function connectReplication(databaseUrl: string): Promise<pg.Client> {
  const config: pg.ClientConfig & { replication: string } = {
    connectionString: databaseUrl,
    application_name: 'holdfast backup',
    connectionTimeoutMillis: connectMsMax,
    // Connected to a database, so that pg_hba.conf needs no line for replication.
    replication: 'database',
    // pg passes its settings.
    stream: (settings?: { ssl?: unknown }) => (settings?.ssl ? new Socket() : new CopySocket()),
  }
  const client = new pg.Client(config)
  client.on('error', () => undefined)
  try {
    await client.connect()
  } catch (error) {
    if (!isRefusal(error)) throw error
    throw new BackupError(
      'not_permitted',
      `The role ${client.user ?? ''} may not copy the database server (${error.message}). As a superuser, run ` +
        `ALTER ROLE ${client.user ?? '…'} REPLICATION.`,
      { cause: error },
    )
  }
  return client
}

/** 42501: the role may not. 28000: pg_hba.conf does not allow it. */
function isRefusal(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && ['42501', '28000'].includes(String(error.code))
}

/** The connection, with what pg's types leave out. */
export type CopyConnection = pg.Connection & { sendCopyFromChunk(chunk: Buffer): void }

/**
 * A command to which the server responds with a stream of messages. pg calls the `handle…` methods; the messages of the
 * stream come from the {@link CopySocket} if the connection has one.
 */
export class CopyCommand implements pg.Submittable {
  readonly #text: string
  readonly #onMessage: (message: Buffer) => void
  readonly #done = Promise.withResolvers<void>()
  #copies: CopyStream | undefined
  /** The rows of each result before and after the stream, as text. */
  readonly results: (string | null)[][][] = []
  connection: CopyConnection | undefined

  /** @param onMessage must copy the message if it is needed later: its memory is used again */
  constructor(text: string, onMessage: (message: Buffer) => void) {
    this.#text = text
    this.#onMessage = onMessage
    // The caller that waits for it gets the error; before that it must not end the process.
    this.#done.promise.catch(() => undefined)
  }

  /** Resolves at the end of the command, and rejects when it fails or the connection is lost. */
  get done(): Promise<void> {
    return this.#done.promise
  }

  submit(connection: pg.Connection): void {
    this.connection = connection as CopyConnection
    if (this.connection.stream instanceof CopySocket) {
      this.#copies = this.connection.stream.copies
      this.#copies.onCopyData = this.#onMessage
    }
    connection.query(this.#text)
  }

  handleRowDescription(): void {
    this.results.push([])
  }

  handleDataRow(message: { fields: (string | null)[] }): void {
    this.results.at(-1)?.push(message.fields)
  }

  handleCopyData(message: { chunk: Buffer }): void {
    this.#onMessage(message.chunk)
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.#end()
    this.#done.resolve()
  }

  handleError(error: Error): void {
    this.#end()
    this.#done.reject(error)
  }

  #end(): void {
    if (this.#copies !== undefined) this.#copies.onCopyData = null
  }
}

/** What identifies the server, and its settings that matter here. */
export type ServerIdentity = {
  /** The system identifier. */
  installation: string
  timeline: number
  version: string
  majorVersion: number
  walSegmentBytes: number
}

export async function identifyServer(client: pg.Client): Promise<ServerIdentity> {
  const { rows: system } = await client.query<{ systemid: string; timeline: number }>('IDENTIFY_SYSTEM')
  const { rows: settings } = await client.query<{ version: string; bytes: string }>(
    `select current_setting('server_version') as version,
            (select setting from pg_settings where name = 'wal_segment_size') as bytes`,
  )
  const [identity, found] = [system[0], settings[0]]
  if (identity === undefined || found === undefined) throw new Error('IDENTIFY_SYSTEM returned no row.')
  const version = found.version.split(' ')[0] ?? ''
  return {
    installation: identity.systemid,
    timeline: Number(identity.timeline),
    version,
    majorVersion: Number.parseInt(version, 10),
    walSegmentBytes: Number(found.bytes),
  }
}
