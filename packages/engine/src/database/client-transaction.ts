import type pg from 'pg'

/**
 * Runs `work` in one transaction of `client` and commits. If it throws, the transaction is rolled back and the error
 * thrown again. Not for work that may end in the middle of a COPY: ROLLBACK would wait behind it. Then end the
 * connection instead, and use {@link commit}.
 *
 * @param begin begins the transaction
 * @param onRollbackFailed called when the connection is of no more use
 */
export async function inClientTransaction<Result>(
  client: pg.ClientBase,
  work: () => Promise<Result>,
  begin = 'begin',
  onRollbackFailed: (error: Error) => void = () => {},
): Promise<Result> {
  try {
    await client.query(begin)
    const result = await work()
    await commit(client)
    return result
  } catch (error) {
    try {
      await client.query('rollback')
    } catch (rollbackError) {
      onRollbackFailed(rollbackError instanceof Error ? rollbackError : new Error(String(rollbackError)))
    }
    throw error
  }
}

/** @throws Error if an earlier error has aborted the transaction, which is then rolled back */
export async function commit(client: pg.ClientBase): Promise<void> {
  // COMMIT raises nothing then, and its command tag is ROLLBACK.
  const { command } = await client.query('commit')
  if (command !== 'COMMIT') throw new Error(`The transaction was not committed: COMMIT returned ${command}.`)
}
