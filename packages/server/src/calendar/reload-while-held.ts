const checkMs = 30_000

/**
 * A transaction that stays open anywhere on the database's server holds the log back, and with it the changes of other
 * processes. While it does, and while nothing happens at all, what is in memory is loaded again: a list is at most a
 * minute old.
 *
 * @returns a function that ends it
 */
export function reloadWhileHeld(calendar: { readonly horizon: bigint; outdate(): void }): () => void {
  let seen = calendar.horizon
  const timer = setInterval(() => {
    if (calendar.horizon === seen) calendar.outdate()
    seen = calendar.horizon
  }, checkMs)
  timer.unref()
  return () => clearInterval(timer)
}
