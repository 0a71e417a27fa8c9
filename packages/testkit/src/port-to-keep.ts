import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

// Operating systems assign ephemeral ports from 32,768 on.
const portMin = 10_000
const portMax = 32_000

/**
 * A free port of 127.0.0.1 that is not ephemeral: a server that stops and starts again there finds it free, whereas
 * the system may have assigned an ephemeral port to another process.
 */
export async function portToKeep(): Promise<number> {
  for (;;) {
    const port = randomInt(portMin, portMax)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
