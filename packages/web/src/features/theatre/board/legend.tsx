import { serviceKey } from '@holdfast/vocabulary'
import { useTranslation } from 'react-i18next'
import { closedSpans } from '../../../domain/time-grid/span.ts'
import { Icon } from '../../../ui/icon.tsx'
import markClasses from '../service-marks.module.css'
import { useBoard } from './board-context.ts'
import { caseSpan, namedSpan, openSpans } from './board-layout.ts'
import signClasses from './board-signs.module.css'
import caseClasses from './case-block.module.css'
import { type CaseFlag, caseFlag, flagIcons } from './case-flag.ts'

const flagsInOrder = Object.keys(flagIcons) as CaseFlag[]

const signTexts = { turnover: 'case.turnover', longer: 'sign.longer', closed: 'sign.closed' } as const

/** The services of the board, with their colours and patterns, and what else is drawn on it today. */
export function Legend() {
  const { t } = useTranslation('theatre')
  const { marks } = useBoard()
  const services = new Map([...marks].map((marked) => [serviceKey(marked[0]), marked]))
  const { signs, flags } = useSigns()
  return (
    <div className={markClasses.legends}>
      {marks.size === 0 ? null : (
        <ul className={markClasses.legend} aria-label={t('board.services')}>
          {[...services.values()].map(([service, mark]) => (
            <li key={service}>
              <span className={`${markClasses.mark} ${markClasses.swatch}`} data-mark={mark} aria-hidden="true" />
              <bdi>{service}</bdi>
            </li>
          ))}
        </ul>
      )}
      {signs.length + flags.length === 0 ? null : (
        <ul className={markClasses.legend} aria-label={t('board.signs')}>
          {signs.map((sign) => (
            <li key={sign}>
              <span className={`${signClasses.swatch} ${signClasses[sign]}`} aria-hidden="true" />
              {t(signTexts[sign])}
            </li>
          ))}
          {flags.map((flag) => (
            <li key={flag}>
              <span className={`${caseClasses.flag} ${caseClasses.flagOfLegend}`} data-state={flag} aria-hidden="true">
                <Icon of={flagIcons[flag]} size={14} />
              </span>
              {t(`state.${flag}`)}
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

/** Only what is on the board. */
function useSigns() {
  const { board, shown, day, timeZone, now, risks } = useBoard()
  const isDrawn = {
    turnover: board.cases.some(({ turnoverMinutes }) => turnoverMinutes > 0),
    longer: board.cases.some((one) => caseSpan(one, now).to > namedSpan(one, now).to),
    closed: board.rooms.some((room) => closedSpans(openSpans(room, day, timeZone), shown).length > 0),
  }
  const flagged = new Set(board.cases.map((one) => caseFlag(one, risks, now)))
  return {
    signs: (['turnover', 'longer', 'closed'] as const).filter((sign) => isDrawn[sign]),
    flags: flagsInOrder.filter((flag) => flagged.has(flag)),
  }
}
