import { spawn } from 'node:child_process'
import { type Account, spawnIdentity } from './unprivileged-account.ts'

/**
 * Stops a server (SIGINT: PostgreSQL's fast shutdown) if this process ends without stopping it, even by kill -9.
 *
 * A shell in a separate session waits on a pipe that only this process can write to. When this process ends, the kernel
 * closes the pipe. Without this, a killed test run would leave its servers running for good, because no later start on
 * the temporary directory would stop them.
 *
 * @returns cancels it; call this when the server has ended
 */
export function stopOnParentExit(pid: number, account: Account | undefined): () => void {
  // `read` fails when the pipe closes, and succeeds when the line below cancels it.
  const script = 'read -r line || kill -INT "$1"'
  const watcher = spawn('/bin/sh', ['-c', script, 'sh', String(pid)], {
    cwd: '/',
    env: {},
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    ...spawnIdentity(account),
  })
  // If it cannot start or is killed, the next start on the data directory stops the server.
  watcher.on('error', () => undefined)
  watcher.stdin?.on('error', () => undefined)
  watcher.unref()
  return () => watcher.stdin?.end('cancel\n')
}
