import { Button } from '@mantine/core'
import { IconChevronDown, IconChevronUp } from '@tabler/icons-react'
import { type ReactNode, useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Icon } from '../../ui/icon.tsx'
import classes from './ticket.module.css'

/** A button that shows what is seldom done with a ticket, below the other buttons. */
export function MoreActions({ children }: { children: ReactNode }) {
  const { t } = useTranslation('ticket')
  const [isOpen, setOpen] = useState(false)
  const listId = useId()
  return (
    <>
      <Button
        variant="default"
        aria-expanded={isOpen}
        aria-controls={listId}
        rightSection={<Icon of={isOpen ? IconChevronUp : IconChevronDown} size={18} />}
        onClick={() => setOpen(!isOpen)}
      >
        {t('more')}
      </Button>
      {/* Not unmounted: a dialog that one of the buttons has opened returns the focus to it. */}
      <div id={listId} hidden={!isOpen} className={classes.moreActions}>
        {children}
      </div>
    </>
  )
}
