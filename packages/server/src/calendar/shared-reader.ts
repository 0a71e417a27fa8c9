export type SharedReaderDeps<Value> = {
  read(keys: readonly string[]): Promise<ReadonlyMap<string, Value>>
  /** Per read. A request for more keys is read alone. */
  keysMax: number
  /** A request is rejected while so many keys wait for the next read. Default: none is. */
  waitingMax?: number
}

/** The keys of one read. */
type Batch<Value> = { keys: Set<string>; result: PromiseWithResolvers<ReadonlyMap<string, Value>> }

/** Makes one read at a time. Requests that arrive during a read share the next one. */
export class SharedReader<Value> {
  readonly #deps: SharedReaderDeps<Value>
  readonly #waiting: Batch<Value>[] = []
  #isReading = false

  constructor(deps: SharedReaderDeps<Value>) {
    this.#deps = deps
  }

  /** The values of these keys that exist, and of others. @throws what the read throws, and if too many keys wait */
  read(keys: readonly string[]): Promise<ReadonlyMap<string, Value>> {
    const { keysMax, waitingMax = Number.POSITIVE_INFINITY } = this.#deps
    const added = new Set(keys)
    let batch = this.#waiting.at(-1)
    if (batch && batch.keys.size >= waitingMax) return Promise.reject(new Error(`${waitingMax} keys wait to be read.`))
    if (batch === undefined || batch.keys.size + added.difference(batch.keys).size > keysMax) {
      batch = { keys: added, result: Promise.withResolvers() }
      this.#waiting.push(batch)
    } else for (const key of added) batch.keys.add(key)
    if (!this.#isReading) void this.#readAll()
    return batch.result.promise
  }

  async #readAll(): Promise<void> {
    this.#isReading = true
    for (let batch = this.#waiting.shift(); batch !== undefined; batch = this.#waiting.shift()) {
      const { keys, result } = batch
      try {
        result.resolve(await this.#deps.read([...keys]))
      } catch (error) {
        result.reject(error)
      }
    }
    this.#isReading = false
  }
}
