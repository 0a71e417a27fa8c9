import pTimeout from 'p-timeout'
import { type Channel, Connection } from 'rabbitmq-client'
import { parseBrokerUrl } from './broker-address.ts'

const connectMs = 5_000
const closeMs = 2_000
/** A broker that has said nothing for twice as long is gone. */
const heartbeatSeconds = 20

/** The broker cannot be reached, or refused something. Its message has no credentials. */
export class BrokerError extends Error {
  override name = 'BrokerError'
}

/** A connection that is not repeated when it is lost: everything that uses it fails then. */
export type BrokerConnection = {
  /** A channel, which `close` closes. */
  acquire(): Promise<Channel>
  /** The host and port. */
  at: string
  /** Never rejects. Waits for a moment only. */
  close(): Promise<void>
}

/** @throws BrokerError */
export async function connectBroker(url: string): Promise<BrokerConnection> {
  const address = parseBrokerUrl(url)
  if (address === undefined) throw new BrokerError('The URL of the broker is not valid.')
  const at = `${address.hostname}:${address.port}`
  const connection = new Connection({
    ...address,
    connectionName: 'holdfast',
    connectionTimeout: connectMs,
    acquireTimeout: connectMs,
    heartbeat: heartbeatSeconds,
  })
  try {
    await new Promise<void>((resolve, reject) => {
      connection.once('connection', resolve)
      connection.once('error', reject)
    })
  } catch (error) {
    connection.unsafeDestroy()
    throw brokerError(at, error)
  }
  // It does not reconnect: what is in progress fails, and the next use of the broker connects again. Without a
  // listener, an error would end the process.
  connection.on('error', () => connection.unsafeDestroy())
  const channels: Channel[] = []
  const end = async () => {
    // The client waits until they are closed.
    await Promise.all(channels.map((channel) => channel.close()))
    await connection.close()
  }
  return {
    at,
    async acquire() {
      const channel = await connection.acquire()
      channels.push(channel)
      return channel
    },
    async close() {
      await pTimeout(end(), { milliseconds: closeMs, fallback: () => undefined }).catch(() => undefined)
      connection.unsafeDestroy()
    },
  }
}

/** An error of the client as one that names the broker. */
export function brokerError(at: string, error: unknown): BrokerError {
  if (error instanceof BrokerError) return error
  const { code, message } = Object(error) as { code?: unknown; message?: unknown }
  return new BrokerError(`RabbitMQ at ${at}: ${String(message || code || error)}`)
}
