export type SharedReaderDeps<Value> = {
  read(keys: readonly string[]): Promise<ReadonlyMap<string, Value>>
  /** Per read. A request for more keys is read alone. */
  keysMax: number
  /** A request is rejected while so many keys wait. Default: none is. */
  waitingMax?: number
}

type ReadRequest<Value> = {
  keys: readonly string[]
  resolve: (values: ReadonlyMap<string, Value>) => void
  reject: (error: unknown) => void
}

/** Makes one read at a time. Requests that arrive during a read share the next one. */
export class SharedReader<Value> {
  readonly #deps: SharedReaderDeps<Value>
  #waiting: ReadRequest<Value>[] = []
  #waitingKeys = new Set<string>()
  #isReading = false

  constructor(deps: SharedReaderDeps<Value>) {
    this.#deps = deps
  }

  /** The values of these keys that exist, and of others. @throws what the read throws, and if too many keys wait */
  read(keys: readonly string[]): Promise<ReadonlyMap<string, Value>> {
    const { waitingMax = Number.POSITIVE_INFINITY } = this.#deps
    if (this.#waitingKeys.size >= waitingMax) return Promise.reject(new Error(`${waitingMax} keys wait to be read.`))
    const { promise, resolve, reject } = Promise.withResolvers<ReadonlyMap<string, Value>>()
    this.#waiting.push({ keys, resolve, reject })
    for (const key of keys) this.#waitingKeys.add(key)
    if (!this.#isReading) void this.#readAll()
    return promise
  }

  async #readAll(): Promise<void> {
    this.#isReading = true
    while (this.#waiting.length > 0) {
      const requests = this.#takeSome()
      try {
        const values = await this.#deps.read([...new Set(requests.flatMap(({ keys }) => keys))])
        for (const { resolve } of requests) resolve(values)
      } catch (error) {
        for (const { reject } of requests) reject(error)
      }
    }
    this.#isReading = false
  }

  /** As many requests as fit in one read, at least one. */
  #takeSome(): ReadRequest<Value>[] {
    const distinct = new Set<string>()
    let count = 0
    for (const { keys } of this.#waiting) {
      for (const key of keys) distinct.add(key)
      if (count > 0 && distinct.size > this.#deps.keysMax) break
      count += 1
    }
    const requests = this.#waiting.splice(0, count)
    this.#waitingKeys = new Set(this.#waiting.flatMap(({ keys }) => keys))
    return requests
  }
}
