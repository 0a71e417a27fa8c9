import { setTimeout as delay } from 'node:timers/promises'

/** While items are under way, others are looked for this often. */
const lookAgainMs = 500

/**
 * Works on what is due until nothing is due or under way, on at most `atOnceMax` items at a time. An item that takes
 * long occupies one place: what becomes due meanwhile is taken into the others. p-map reads its iterable item by item;
 * here one query takes as many as there are free places.
 *
 * @param take returns at most `limit` items, each of them to one caller
 * @param runMsMax after this, nothing more is taken. Default: there is no limit
 * @throws what `take` or `work` threw first, after all that was under way has ended
 */
export async function workInWindow<Item>({
  atOnceMax,
  take,
  work,
  signal,
  runMsMax = Number.POSITIVE_INFINITY,
}: {
  atOnceMax: number
  take(limit: number): Promise<readonly Item[]>
  work(item: Item): Promise<void>
  signal?: AbortSignal | undefined
  runMsMax?: number | undefined
}): Promise<void> {
  const underway = new Set<Promise<void>>()
  const endsAtMs = performance.now() + runMsMax
  const errors: unknown[] = []
  const onError = (error: unknown) => void errors.push(error)
  while (signal?.aborted !== true && errors.length === 0 && performance.now() < endsAtMs) {
    const limit = atOnceMax - underway.size
    const taken = limit === 0 ? [] : await take(limit).catch(onError)
    for (const item of taken ?? []) {
      const attempt = work(item).catch(onError)
      underway.add(attempt)
      void attempt.then(() => underway.delete(attempt))
    }
    if (underway.size === 0) break
    await Promise.race([...underway, delay(lookAgainMs)])
  }
  await Promise.all(underway)
  if (errors.length > 0) throw errors[0]
}
