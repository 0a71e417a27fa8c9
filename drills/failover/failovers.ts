import { until } from '@holdfast/testkit'
import type { PatroniNode } from '../cluster/patroni-node.ts'
import type { Cluster } from '../cluster/start-cluster.ts'

type Step = (node: PatroniNode, others: readonly PatroniNode[]) => Promise<void>

/** What happens to the node that is the primary, and how it comes back. */
export const kills = {
  /** Its machine loses power. */
  primary: { begin: (node) => node.killMachine(), end: async (node) => node.start() },
  /** PostgreSQL alone; its Patroni brings it back. */
  postgres: { begin: (node) => node.killPostgres(), end: async () => undefined },
  /** Its network drops all packets, also those to etcd. */
  partition: { begin: async (node, others) => node.cutOff(others), end: (node, others) => node.reconnect(others) },
  /** Its machine is suspended, and continues when another node is the primary. */
  pause: { begin: (node) => node.pause(), end: (node) => node.resume() },
} satisfies Record<string, { begin: Step; end: Step }>

export type Kill = keyof typeof kills

export const allKills = Object.keys(kills) as Kill[]

/** A busy machine may need longer than Patroni's own times. */
const promotionMsMax = 300_000

/** Waits until another node holds the lease. The old one may believe for a while that it does. */
export function untilReplaced({ nodes }: Cluster, old: PatroniNode): Promise<PatroniNode> {
  const others = nodes.filter((node) => node !== old)
  return until(
    async () => {
      const flags = await Promise.all(others.map((node) => node.isPrimary()))
      return others[flags.indexOf(true)]
    },
    async () => (await Promise.all(nodes.map((node) => node.lastLines()))).join('\n'),
    promotionMsMax,
  )
}
