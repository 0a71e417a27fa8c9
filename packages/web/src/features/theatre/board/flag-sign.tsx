import { useTranslation } from 'react-i18next'
import { Icon } from '../../../ui/icon.tsx'
import classes from './case-block.module.css'
import { type CaseFlag, flagIcons } from './case-flag.ts'

/** What a case is marked with, in the day and in the week. */
export function FlagSign({ flag }: { flag: CaseFlag }) {
  const { t } = useTranslation('theatre')
  return (
    <span className={classes.flag} data-state={flag}>
      <Icon of={flagIcons[flag]} size={14} />
      <span className={classes.flagText}>{t(`state.${flag}`)}</span>
    </span>
  )
}
