/** Shares one load among all that ask for the same key while it runs. Nothing is cached afterwards. */
export function singleFlight<Query, Value>(
  load: (query: Query) => Promise<Value>,
  keyOf: (query: Query) => string,
): (query: Query) => Promise<Value> {
  const inFlight = new Map<string, Promise<Value>>()
  return (query) => {
    const key = keyOf(query)
    const running = inFlight.get(key)
    if (running) return running
    const started = load(query).finally(() => inFlight.delete(key))
    inFlight.set(key, started)
    return started
  }
}
