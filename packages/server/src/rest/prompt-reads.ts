import { type DatabasePool, type Engine, engineMethods, promptly } from '@holdfast/engine'

type Method = (...args: unknown[]) => Promise<unknown>
/** The methods and parts of the engine, or of a part of it. */
type Methods = { readonly [name: string]: Method | Methods }
type Kinds = { readonly [name: string]: string | Kinds }

/**
 * The engine with a bound on what requests need before and after their writes, its reads and bounded writes: see
 * {@link promptly}.
 *
 * @param bounds.pool the engine's for everything but batches
 */
export function promptReads(
  engine: Engine,
  bounds: { pool: Pick<DatabasePool, 'isExhausted'>; msMax?: number },
): Engine {
  return boundReads(engine as unknown as Methods, engineMethods, bounds) as unknown as Engine
}

function boundReads(methods: Methods, kinds: Kinds, bounds: Parameters<typeof promptly>[1]): Methods {
  const bounded = Object.entries(methods).map(([name, method]): [string, Method | Methods] => {
    const kind = kinds[name]
    if (typeof method !== 'function')
      return [name, typeof kind === 'object' ? boundReads(method, kind, bounds) : method]
    return [name, kind === 'read' || kind === 'bounded write' ? (...args) => promptly(method(...args), bounds) : method]
  })
  return Object.fromEntries(bounded)
}
