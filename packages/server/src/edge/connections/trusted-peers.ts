import { BlockList, isIPv6 } from 'node:net'
import type { Config } from '../../config/config.ts'

/** Whether a peer, by the address of its connection, is a trusted proxy. With a number of hops, each peer is one. */
export function trustedPeers(trusted: Config['trustedProxies']): (peer: string) => boolean {
  if (typeof trusted === 'number') return () => trusted > 0
  const networks = new BlockList()
  for (const network of trusted) {
    const [address = '', bits] = network.split('/')
    const family = familyOf(address)
    if (bits === undefined) networks.addAddress(address, family)
    else networks.addSubnet(address, Number(bits), family)
  }
  return (peer) => networks.check(peer, familyOf(peer))
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4'
}
