import { Button, Code, CopyButton, Group, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'

/** New recovery codes, which are shown once. */
export function RecoveryCodes({ codes, onDone }: { codes: readonly string[]; onDone(): void }) {
  const { t } = useTranslation('account')
  const text = codes.join('\n')
  return (
    <Stack gap="md">
      <Text>{t('totp.codesHelp')}</Text>
      <Code block dir="ltr" fz="md">
        {text}
      </Code>
      <Group gap="sm">
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button variant="default" onClick={copy}>
              {t(copied ? 'totp.copied' : 'totp.copy')}
            </Button>
          )}
        </CopyButton>
        <Button
          variant="default"
          component="a"
          href={`data:text/plain;charset=utf-8,${encodeURIComponent(`Holdfast\n${text}\n`)}`}
          download="holdfast-recovery-codes.txt"
        >
          {t('totp.download')}
        </Button>
      </Group>
      <Group>
        <Button onClick={onDone}>{t('totp.kept')}</Button>
      </Group>
    </Stack>
  )
}
