import { useEffect, useState } from 'react'
import { serverNow } from './server-clock.ts'

const tickMs = 15_000

/** The server's time, in milliseconds since 1970, renewed four times a minute. */
export function useNow(): number {
  const [now, setNow] = useState(serverNow)
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), tickMs)
    return () => clearInterval(timer)
  }, [])
  return now
}
