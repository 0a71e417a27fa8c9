/**
 * A process that was started with a channel to its parent (as `holdfast replay` starts its throw-away server) stops
 * when the parent is gone, even one that was killed and could not say so. Without a channel this does nothing.
 */
export function stopWithParent(): void {
  if (process.channel === undefined) return
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  // Listening must not keep a process alive that is done.
  process.channel?.unref()
}
