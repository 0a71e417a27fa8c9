import type { CommandContext } from '../command.ts'
import { createProgress, type Progress } from '../progress.ts'
import { openTarget } from './open-target.ts'
import { openTargetServer, type TargetServer } from './target-server.ts'

/**
 * Does something at the server with this address, or at a temporary one, and shows its progress.
 *
 * @param whose see {@link openTarget}
 * @throws CommandRefusal
 */
export async function withTargetServer<Result>(
  context: CommandContext,
  { url, whose }: { url: string | undefined; whose?: string | undefined },
  work: (server: TargetServer, progress: Progress) => Promise<Result>,
): Promise<Result> {
  const target = await openTarget(context, url, whose)
  const ended = new AbortController()
  try {
    const signal = AbortSignal.any([context.signal, ended.signal])
    const server = await openTargetServer(target.url, target.credentials, signal)
    const progress = createProgress(context.terminal)
    try {
      return await work(server, progress)
    } finally {
      progress.end()
    }
  } finally {
    // After an error other calls may still be in flight, and must not be retried.
    ended.abort()
    await target.stop()
  }
}
