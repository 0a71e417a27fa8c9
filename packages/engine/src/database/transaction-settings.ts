import pg from 'pg'

/** Settings of a session by name, as SHOW knows them; times in milliseconds. */
export type SessionSettings = Readonly<Record<string, string>>

type Callback = (error: Error | undefined, result?: unknown) => void

/** What pg's Query has beyond its types. */
type SentQuery = pg.Query & {
  text: string
  name: string | undefined
  callback: Callback | undefined
  query_timeout: number | undefined
  requiresPreparation(): boolean
  handleRowDescription(message: unknown): void
  handleDataRow(message: unknown): void
  handleCommandComplete(message: unknown, connection: pg.Connection): void
}

/** What pg's Connection has beyond its types: its messages need no second argument. */
type Messages = {
  stream: { cork(): void; uncork(): void }
  query(text: string): void
  parse(message: { text: string }): void
  bind(message: object): void
  execute(message: object): void
}

/** The options for the start of a direct session. */
export function startupOptions(settings: SessionSettings): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ')
}

/** A statement that applies the settings to the current transaction. */
export function settingsStatement(settings: SessionSettings): string {
  const calls = Object.entries(settings).map(
    ([name, value]) => `set_config(${pg.escapeLiteral(name)}, ${pg.escapeLiteral(value)}, true)`,
  )
  return `select ${calls.join(', ')}`
}

/**
 * Runs a query as `client.query(...args)` does, through a pooler that gives each transaction any of its connections:
 * without the statement's name, and if it begins a transaction, with `settingsText` in the same round trip.
 *
 * docs/decisions/0024-a-pooled-transaction-brings-its-settings.md
 *
 * @returns what `client.query(...args)` does: a promise unless there is a callback
 */
export function queryWithSettings(
  client: pg.Client,
  args: readonly unknown[],
  settingsText: string,
  run: (...args: readonly unknown[]) => unknown,
): unknown {
  const [config] = args
  // These are, for example, the streams of COPY, which are used inside transactions.
  if (typeof config === 'object' && config !== null && 'submit' in config) return run(...args)
  const query = unnamed(args)
  applySettings(query, settingsText, () => client.getTransactionStatus() === 'I')
  if (query.callback !== undefined) {
    run(query)
    return undefined
  }
  return new Promise((resolve, reject) => {
    query.callback = (error, result) => (error ? reject(error) : resolve(result))
    run(query)
  })
}

function unnamed([config, ...others]: readonly unknown[]): SentQuery {
  const construct = pg.Query as unknown as new (...args: readonly unknown[]) => SentQuery
  const query = new construct(config, ...others)
  query.name = undefined
  if (typeof config === 'object' && config !== null && 'query_timeout' in config) {
    query.query_timeout = Number(config.query_timeout) || undefined
  }
  return query
}

/** The query's result is as without the settings: it does not receive what the server sends for their statement. */
function applySettings(query: SentQuery, settingsText: string, beginsTransaction: () => boolean): void {
  const submit = query.submit.bind(query)
  const { handleRowDescription, handleDataRow, handleCommandComplete } = query
  let completed = 0
  /** Which of the statements that complete is that of the settings; null: it was not sent. */
  let settingsAt: number | null = null
  const isOfSettings = () => completed === settingsAt
  query.submit = (connection) => {
    if (!beginsTransaction()) return submit(connection)
    const messages = connection as unknown as Messages
    const isBegin = /^\s*(begin|start\s+transaction)\b[^;]*;?\s*$/i.test(query.text)
    settingsAt = isBegin ? 1 : 0
    if (isBegin || !query.requiresPreparation()) {
      // In one message with several statements, they are one transaction.
      messages.query(isBegin ? `${query.text};${settingsText}` : `${settingsText};${query.text}`)
      return null
    }
    messages.stream.cork()
    try {
      // Until the query's own Sync, they are one transaction.
      messages.parse({ text: settingsText })
      messages.bind({})
      messages.execute({})
      return submit(connection)
    } finally {
      messages.stream.uncork()
    }
  }
  query.handleRowDescription = (message) => {
    if (!isOfSettings()) handleRowDescription.call(query, message)
  }
  query.handleDataRow = (message) => {
    if (!isOfSettings()) handleDataRow.call(query, message)
  }
  query.handleCommandComplete = (message, connection) => {
    const isOwn = isOfSettings()
    completed += 1
    if (!isOwn) handleCommandComplete.call(query, message, connection)
  }
}
