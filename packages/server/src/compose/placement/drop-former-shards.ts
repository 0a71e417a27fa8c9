import { dropFormerSchemas } from '@holdfast/engine/drop-former-schemas'
import { throwAll } from '@holdfast/engine/throw-all'
import { dropFormerQueues } from '../../jobs/jobs-schema.ts'

/**
 * Drops what moved and split shards have left on their former nodes: their schemas, and their job queues. Idempotent.
 * Only one process may run it at a time.
 *
 * @param ownerUrl of the coordinator
 * @throws AggregateError of what could not be dropped: a later call may
 */
export async function dropFormerShards(ownerUrl: string): Promise<void> {
  const results = await Promise.allSettled([dropFormerSchemas(ownerUrl), dropFormerQueues(ownerUrl)])
  throwAll(results.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : [])))
}

/** The same for a start or a command, which does not fail because of it. */
export async function tryDropFormerShards(ownerUrl: string, say: (line: string) => void): Promise<void> {
  await dropFormerShards(ownerUrl).catch(({ message }: Error) =>
    say(`What moved shards have left could not be dropped, which the next start or move repeats: ${message}`),
  )
}
