import type { CSSProperties } from 'react'
import { placed, type Span } from './board-layout.ts'

/** Where a part of the shown hours is in its row; outside of them, it is not shown. */
export function placedStyle(part: Span, shown: Span): CSSProperties {
  const place = placed(part, shown)
  return place === null ? { display: 'none' } : { insetInlineStart: place.start, width: place.size }
}
