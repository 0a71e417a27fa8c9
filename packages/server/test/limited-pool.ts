import { PoolExhausted } from '@holdfast/engine'
import pg from 'pg'

/**
 * How many queries more succeed, and what becomes of the next one. `refused`: the server takes none from then on, as
 * one that is starting again (57P03). `lost`: that one runs, but its connection is lost before the response.
 * `gone`: that one is lost, and then the server takes none. `exhausted`: after as many queries and transactions, no
 * connection is free.
 */
export type QueryBudget = { left: number; mode: 'refused' | 'lost' | 'gone' | 'exhausted' }

/** A pool whose queries fail once `budget.left` are used up. */
export function limitedPool(pool: pg.Pool): { budget: QueryBudget; pool: pg.Pool } {
  const budget: QueryBudget = { left: Number.POSITIVE_INFINITY, mode: 'refused' }
  const refuseIfUsedUp = () => {
    if (budget.mode === 'lost' || budget.left > 0 || (budget.mode === 'gone' && budget.left === 0)) return
    if (budget.mode === 'exhausted') throw new PoolExhausted(null)
    throw Object.assign(new pg.DatabaseError('starting up', 0, 'error'), { code: '57P03' })
  }
  const limited = <Target extends object>(target: Target, replaced: Partial<Target>): Target =>
    new Proxy(target, {
      get(of, name) {
        const value: unknown = Reflect.get(replaced, name) ?? Reflect.get(of, name)
        return typeof value === 'function' ? value.bind(of) : value
      },
    })
  const queryOf = (target: pg.Pool | pg.PoolClient) =>
    (async (...query: [string | { text: string }, ...never[]]) => {
      const text = typeof query[0] === 'string' ? query[0] : query[0].text
      const hasConnection = budget.mode === 'exhausted' && target !== pool
      if (hasConnection || /^rollback/i.test(text)) return target.query(...(query as [string]))
      refuseIfUsedUp()
      budget.left -= 1
      const result = await target.query(...(query as [string]))
      if ((budget.mode === 'lost' || budget.mode === 'gone') && budget.left === -1)
        throw new Error('Connection terminated unexpectedly')
      return result
    }) as pg.Pool['query']
  const connect = async () => {
    refuseIfUsedUp()
    if (budget.mode === 'exhausted') budget.left -= 1
    const client = await pool.connect()
    /** The connection is not really lost; a new one would plan every statement again. */
    const release: typeof client.release = (error) => {
      if (error === undefined || error === false) client.release()
      else client.query('rollback').then(() => client.release(), client.release)
    }
    return limited(client, { query: queryOf(client), release } as Partial<pg.PoolClient>)
  }
  return { budget, pool: limited(pool, { query: queryOf(pool), connect } as Partial<pg.Pool>) }
}
