import type pg from 'pg'

type Query = (...parameters: unknown[]) => Promise<unknown>

/** The pool, with another way to run a statement outside of a transaction. */
export function changedPool(pool: pg.Pool, query: (run: Query, parameters: unknown[]) => Promise<unknown>): pg.Pool {
  const run: Query = (...parameters) => (pool.query as unknown as Query).apply(pool, parameters)
  const changedQuery: Query = (...parameters) => query(run, parameters)
  return new Proxy(pool, {
    get: (target, name) => (name === 'query' ? changedQuery : Reflect.get(target, name, target)),
  })
}

/** Whether a statement calls the function. `parameters` are those of `query`. */
export function calling(functionName: string): (parameters: unknown[]) => boolean {
  return ([statement]) => JSON.stringify(statement).includes(`holdfast.${functionName}(`)
}

/** The error as the driver reports it. */
export function lostConnection(): Error {
  return new Error('Connection terminated unexpectedly')
}

/** A pool that loses the result of the first statement that `isLost` accepts, after COMMIT. */
export function losing(
  pool: pg.Pool,
  isLost: (parameters: unknown[]) => boolean,
  onLost: () => void = () => undefined,
): pg.Pool {
  let hasLost = false
  return changedPool(pool, async (run, parameters) => {
    const result = await run(...parameters)
    if (hasLost || !isLost(parameters)) return result
    hasLost = true
    onLost()
    throw lostConnection()
  })
}

/** A pool that loses the first call of the function, whose transaction stays open until `commit`. */
export function committingLate(pool: pg.Pool, functionName: string) {
  let open: pg.PoolClient | null = null
  let refused = 0
  const late = changedPool(pool, async (run, parameters) => {
    if (open === null && calling(functionName)(parameters)) {
      open = await pool.connect()
      await open.query('begin')
      await (open.query as unknown as Query).apply(open, parameters)
      throw new Error('Query read timeout')
    }
    return run(...parameters).catch((error: unknown) => {
      refused += 1
      throw error
    })
  })
  const commit = async () => {
    await open?.query('commit')
    open?.release()
  }
  /** `refused`: how many statements have failed since. */
  return { pool: late, commit, refused: () => refused }
}
