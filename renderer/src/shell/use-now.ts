import { useEffect, useState } from 'react'

/** The time, renewed at an interval, for texts such as `3 min ago`. */
export function useNow(everyMs: number): number {
  const [nowMs, setNowMs] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => { setNowMs(Date.now()) }, everyMs)
    return () => { clearInterval(timer) }
  }, [everyMs])
  return nowMs
}
