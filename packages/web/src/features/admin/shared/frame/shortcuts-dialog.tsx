import { Kbd, Stack, Switch, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Dialog } from '../../../../ui/dialogs/dialog.tsx'
import { shortcutKeys, shortcutNames } from './shortcut-keys.ts'
import classes from './shortcuts.module.css'

type DialogProps = { isOpen: boolean; onClose: () => void; isOn: boolean; onSwitch: (isOn: boolean) => void }

/** Lists the keyboard shortcuts of a clinic's pages, and switches them off. */
export function ShortcutsDialog({ isOpen, onClose, isOn, onSwitch }: DialogProps) {
  const { t } = useTranslation('admin')
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={t('shortcuts.title')}>
      <Stack gap="md">
        <Text c="dimmed">{t('shortcuts.help')}</Text>
        <dl className={classes.list} data-off={!isOn || undefined}>
          {shortcutNames.map((name) => (
            <div key={name}>
              <dt>
                <Kbd dir="ltr">{shortcutKeys[name]}</Kbd>
              </dt>
              <dd>{t(`shortcuts.${name}`)}</dd>
            </div>
          ))}
        </dl>
        <Switch
          label={t('shortcuts.on')}
          checked={isOn}
          onChange={({ currentTarget }) => onSwitch(currentTarget.checked)}
        />
      </Stack>
    </Dialog>
  )
}
