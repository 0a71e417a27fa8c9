import type { CSSProperties } from 'react'
import { placed, type Span } from './span.ts'
import type { Axis } from './time-at.ts'

/** Where a part of the shown hours is in its track; outside of them, it is not shown. */
export function placedStyle(part: Span, shown: Span, axis: Axis = 'inline'): CSSProperties {
  const place = placed(part, shown)
  if (place === null) return { display: 'none' }
  const { start, size } = place
  return axis === 'inline' ? { insetInlineStart: start, width: size } : { insetBlockStart: start, height: size }
}
