import { expect, test } from 'vitest'
import { requestTimes } from '../database/request-times.ts'
import { noTimes, type Span } from '../model/request-times.ts'
import { BatchQueue } from './batch-queue.ts'

type Noted = { name: string; parent: string; links: string[]; error: unknown }

/** A span that notes the parts that have ended. */
function aSpan(name: string, ended: Noted[], parent = ''): Span & { name: string } {
  const begin = (child: string, links: readonly Span[] = []): Span => {
    const linked = links.map((link) => ('name' in link ? String(link.name) : ''))
    const end = (error?: unknown) => void ended.push({ name: child, parent: name, links: linked, error })
    return { ...aSpan(child, ended, name), end }
  }
  return { name, part: (child, _attributes, links) => begin(child, links), end: () => void [parent] }
}

const isHeld = Promise.withResolvers<void>()

test('a batch is a part of the trace of its first traced request, with links to the others', async () => {
  const ended: Noted[] = []
  const inBatch: (Span | undefined)[] = []
  const queue = new BatchQueue<{ times?: ReturnType<typeof noTimes> }, string>({
    name: 'claims',
    inFlightMax: 1,
    async run(items) {
      inBatch.push(requestTimes.getStore()?.span)
      if (items.length === 1) await isHeld.promise
      return items.map(() => ({ kind: 'completed', outcome: 'done' }))
    },
  })
  const traced = (name: string) => ({ times: { ...noTimes(), span: aSpan(name, ended) } })
  const first = queue.submit({})
  await new Promise((resolve) => setImmediate(resolve))
  const others = [queue.submit({ times: noTimes() }), queue.submit(traced('one')), queue.submit(traced('other'))]
  isHeld.resolve()
  await Promise.all([first, ...others])
  expect(ended).toEqual([{ name: 'batch of claims', parent: 'one', links: ['other'], error: undefined }])
  expect(inBatch.map((span) => span !== undefined)).toEqual([false, true])
})

test('the span of a batch that fails has the error', async () => {
  const ended: Noted[] = []
  const failure = new Error('The batch failed.')
  const queue = new BatchQueue<{ times: ReturnType<typeof noTimes> }, string>({
    name: 'claims',
    run: () => Promise.reject(failure),
  })
  await expect(queue.submit({ times: { ...noTimes(), span: aSpan('one', ended) } })).rejects.toThrow(failure)
  expect(ended).toMatchObject([{ name: 'batch of claims', error: failure }])
})
