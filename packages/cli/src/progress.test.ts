import { expect, onTestFinished, test, vi } from 'vitest'
import { createProgress } from './progress.ts'

test('where no bar can be drawn, the progress is a line every ten seconds', () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const lines: string[] = []
  const terminal = { progress: null, note: (line: string) => void lines.push(line) }
  const progress = createProgress(terminal)
  progress.begin('clinics', 3)
  for (let done = 1; done <= 3; done += 1) progress.step(done)
  progress.begin('bookings', 100)
  for (let done = 1; done <= 100; done += 1) {
    vi.advanceTimersByTime(250)
    progress.step(done)
  }
  progress.end()
  progress.step(100)
  expect(lines).toEqual(['bookings: 40 of 100', 'bookings: 80 of 100'])
})
