/**
 * Stops a process that was started with an IPC channel (as `holdfast replay` starts its temporary server) when its
 * parent ends, even if that was killed. Without a channel this does nothing. Only the entry of a process calls it:
 * commands also run in the processes of tests, whose channel must keep them alive.
 */
export function stopWithParent(): void {
  if (process.channel === undefined) return
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  // Listening must not keep the process alive.
  process.channel?.unref()
}
