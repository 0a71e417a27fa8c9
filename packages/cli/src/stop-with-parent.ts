/**
 * Stops a process that was started with an IPC channel (as `holdfast replay` starts its temporary server) when its
 * parent ends, even if that was killed. Without a channel this does nothing.
 */
export function stopWithParent(): void {
  if (process.channel === undefined) return
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  // Listening must not keep the process alive.
  process.channel?.unref()
}
