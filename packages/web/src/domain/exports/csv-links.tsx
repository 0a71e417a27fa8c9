import { Button, Group, Stack } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { dataOf } from '../../lib/api/api.ts'
import { saveFile } from '../../lib/save-file.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'

type Separator = 'comma' | 'semicolon'

type CsvLinksProps = {
  /** The path of the file. */
  path: string
  /** The filters of the list; undefined: not set. */
  filters: Record<string, string | number | boolean | undefined>
}

/** Downloads a list as a CSV file that the server writes: all that matches, not only what is shown. */
export function CsvLinks({ path, filters }: CsvLinksProps) {
  const { t } = useTranslation('schedule')
  const hrefOf = (separator: Separator) => {
    const set = Object.entries(filters).filter(([, value]) => value !== undefined && value !== false)
    const query = new URLSearchParams(set.map(([name, value]) => [name, String(value)]))
    if (separator !== 'comma') query.set('separator', separator)
    return `${path}?${query}`
  }
  // The browser lists the addresses of links to files: what is searched for must not be in one.
  if (filters.q !== undefined) return <SavedFiles name={path.split('/').at(-1) ?? ''} hrefOf={hrefOf} />
  return (
    <Group gap="xs">
      <Button component="a" variant="default" size="sm" href={hrefOf('comma')} download>
        {t('csv')}
      </Button>
      <Button component="a" variant="default" size="sm" href={hrefOf('semicolon')} download>
        {t('csvSemicolons')}
      </Button>
    </Group>
  )
}

function SavedFiles({ name, hrefOf }: { name: string; hrefOf: (separator: Separator) => string }) {
  const { t } = useTranslation('schedule')
  const saving = useMutation({
    mutationFn: async (separator: Separator) => saveFile(name, await dataOf(fileAt(hrefOf(separator))), 'text/csv'),
  })
  return (
    <Stack gap="xs">
      <Group gap="xs">
        {(['comma', 'semicolon'] as const).map((separator) => (
          <ActionButton
            key={separator}
            variant="default"
            size="sm"
            isBusy={saving.isPending && saving.variables === separator}
            onClick={() => saving.mutate(separator)}
          >
            {t(separator === 'comma' ? 'csv' : 'csvSemicolons')}
          </ActionButton>
        ))}
      </Group>
      {saving.isError ? <ErrorState error={saving.error} /> : null}
    </Stack>
  )
}

/** A file, as the calls of the API return what they read. */
async function fileAt(href: string): Promise<{ data?: Blob; error?: unknown; response?: Response }> {
  try {
    const response = await fetch(href)
    return response.ok ? { data: await response.blob(), response } : { error: await response.json(), response }
  } catch (error) {
    return { error }
  }
}
