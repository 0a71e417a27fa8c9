import { currentLanguage } from './i18n/i18n.ts'
import { directionOf } from './i18n/languages.ts'

/**
 * The axes of a chart in the reader's direction: from the right in Arabic, as the tables and the board. Every tick of
 * the vertical axis is named, also where its chart is low.
 */
export function chartAxes(width: number) {
  const isRightToLeft = directionOf(currentLanguage()) === 'rtl'
  return {
    xAxisProps: { reversed: isRightToLeft },
    yAxisProps: { orientation: isRightToLeft ? 'right' : 'left', interval: 0, width },
  } as const
}
