import { connectBroker } from './connect-broker.ts'

/**
 * Signs in to a broker, and changes nothing there.
 *
 * @returns where it is
 * @throws BrokerError
 */
export async function checkBroker(url: string): Promise<{ at: string }> {
  const { at, close } = await connectBroker(url)
  await close()
  return { at }
}
