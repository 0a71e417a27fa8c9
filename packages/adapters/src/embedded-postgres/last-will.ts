import { spawn } from 'node:child_process'
import { type Account, spawnIdentity } from './unprivileged-account.ts'

/**
 * Has a process stopped (SIGINT: PostgreSQL's fast shutdown) should this one end without stopping it, also by kill -9.
 *
 * A shell of its own session waits on a pipe that only this process can write to; the kernel closes it with us. Without
 * it a killed test run would leave its servers behind for good: nobody starts again on a temporary directory.
 *
 * @returns revokes it, for a process that has ended
 */
export function leaveLastWill(pid: number, account: Account | undefined): () => void {
  // `read` fails when the pipe closes, and succeeds on the line that revokes.
  const script = 'read -r line || kill -INT "$1"'
  const executor = spawn('/bin/sh', ['-c', script, 'sh', String(pid)], {
    cwd: '/',
    env: {},
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    ...spawnIdentity(account),
  })
  // Nothing to do about one that can't start or was killed: the next start stops what is left.
  executor.on('error', () => undefined)
  executor.stdin?.on('error', () => undefined)
  executor.unref()
  return () => executor.stdin?.end('revoked\n')
}
