/** How often to look whether npm still runs. */
const lookMs = 1_000

/**
 * Stops a process when its parent ends, even if that was killed: one that was started with an IPC channel (as `holdfast
 * replay` starts its temporary server), and one that npm has started (`npm start`), which ends its programs only if it
 * can. Others go on. Only the entry of a process calls it: commands also run in the processes of tests, whose channel
 * must keep them alive.
 */
export function stopWithParent(): void {
  const stop = () => process.kill(process.pid, 'SIGTERM')
  if (process.channel !== undefined) {
    process.once('disconnect', stop)
    // Listening must not keep the process alive.
    process.channel?.unref()
    return
  }
  if (process.env.npm_lifecycle_event === undefined) return
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    stop()
  }, lookMs)
  watch.unref()
}
