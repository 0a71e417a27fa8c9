import { Stack } from '@mantine/core'
import { type RefObject, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { ActionButton } from './buttons/action-button.tsx'
import { ErrorState } from './states/error-state.tsx'

type ShowMoreProps = {
  /** An infinite query. */
  pages: {
    hasNextPage: boolean
    isFetchingNextPage: boolean
    isFetchNextPageError: boolean
    error: unknown
    fetchNextPage(): Promise<{ isError: boolean }>
  }
  /** How many items are shown. */
  count: number
  /** The element whose children are the items. */
  listRef: RefObject<HTMLElement | null>
}

/** The button below a list that adds its next page. Afterwards the focus is on the first new item. */
export function ShowMore({ pages, count, listRef }: ShowMoreProps) {
  const { t } = useTranslation('shell')
  const countBefore = useRef<number | null>(null)
  useEffect(() => {
    const first = countBefore.current
    if (first === null || count <= first) return
    countBefore.current = null
    focusItem(listRef.current?.children[first])
  }, [count, listRef])
  async function addPage() {
    countBefore.current = count
    const { isError } = await pages.fetchNextPage()
    // Otherwise the focus would move when the list gets longer later.
    if (isError) countBefore.current = null
  }
  if (!pages.hasNextPage) return null
  return (
    <Stack gap="md" align="flex-start">
      {pages.isFetchNextPageError ? <ErrorState error={pages.error} /> : null}
      <ActionButton variant="default" isBusy={pages.isFetchingNextPage} onClick={() => void addPage()}>
        {t('more')}
      </ActionButton>
    </Stack>
  )
}

/** Focuses the item's first link or button, or the item itself. */
function focusItem(item: Element | undefined): void {
  if (!(item instanceof HTMLElement)) return
  const control = item.querySelector<HTMLElement>('a, button')
  if (control === null) item.tabIndex = -1
  const target = control ?? item
  target.focus()
}
