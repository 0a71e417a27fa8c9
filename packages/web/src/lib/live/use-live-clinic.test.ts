import { expect, test, vi } from 'vitest'

// The feed of the page needs a browser.
vi.mock('./use-live-slots.ts', () => ({ useLiveSlots: () => 'connecting' }))
const { clinicLiveState, followedDoctors } = await import('./use-live-clinic.ts')

const ids = (count: number) => Array.from({ length: count }, (_, index) => `doctor ${index}`)

test('a clinic without doctors is live while there is a network: there is nothing to follow', () => {
  expect(clinicLiveState(0, 'connecting', true)).toBe('live')
  expect(clinicLiveState(0, 'connecting', false)).toBe('polling')
})

test('a clinic with more doctors than a connection follows is polled, and no doctor is left out', () => {
  expect(followedDoctors(ids(50))).toHaveLength(50)
  expect(clinicLiveState(50, 'live', true)).toBe('live')
  expect(followedDoctors(ids(51))).toEqual([])
  expect(clinicLiveState(51, 'connecting', true)).toBe('polling')
})
