import { expect, test } from 'vitest'
import { Ending, withEnding } from './ending.ts'

const never = () => new Promise<void>(() => undefined)

test('the end is in the reverse order, and goes on after a step that fails and one that never ends', async () => {
  const done: string[] = []
  const ending = new Ending(50)
  const add = (what: string, run: () => Promise<void>) =>
    ending.add(`to stop ${what}`, async () => {
      done.push(what)
      await run()
    })
  await add('the database', async () => undefined)
  await add('the broker', never)
  await add('the API', () => Promise.reject(new Error('it does not respond')))
  await expect(ending.run()).rejects.toThrow(
    'Error: to stop the API: it does not respond; Error: to stop the broker: not finished within 0.05 s',
  )
  expect(done).toEqual(['the API', 'the broker', 'the database'])
})

test('what is still being started when the end has begun is ended at once', async () => {
  const ending = new Ending()
  await ending.run()
  let isEnded = false
  await ending.add('to stop the API', async () => {
    isEnded = true
  })
  expect(isEnded).toBe(true)
})

test('the error is what failed first, and not what then could not be ended', async () => {
  const failing = withEnding(async (ending) => {
    await ending.add('to stop the API', () => Promise.reject(new Error('it does not respond')))
    throw new Error('a booking is lost')
  })
  await expect(failing).rejects.toThrow('a booking is lost')
  const ended = withEnding((ending) => ending.add('to stop the API', () => Promise.reject(new Error('it is gone'))))
  await expect(ended).rejects.toThrow('to stop the API: it is gone')
})
