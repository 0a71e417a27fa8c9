import { useEffect, useState } from 'react'
import { serverNow } from '../../lib/time/server-clock.ts'

const tickMs = 200

/** Whole seconds until an instant by the server's clock, at least 0. */
export function useSecondsLeft(until: string): number {
  const [seconds, setSeconds] = useState(() => secondsLeft(until))
  useEffect(() => {
    setSeconds(secondsLeft(until))
    const timer = setInterval(() => setSeconds(secondsLeft(until)), tickMs)
    return () => clearInterval(timer)
  }, [until])
  return seconds
}

function secondsLeft(until: string): number {
  return Math.max(0, Math.ceil((Date.parse(until) - serverNow()) / 1000))
}
