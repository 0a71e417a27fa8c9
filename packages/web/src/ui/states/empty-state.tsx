import { Paper, Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'

/** An empty list, with what to do about it. */
export function EmptyState({ title, help, children }: { title?: string; help?: string; children?: ReactNode }) {
  return (
    <Paper withBorder p="xl" mt="lg" radius="lg">
      <Stack align="flex-start" gap="sm">
        {title === undefined ? null : (
          <Text fw={600} size="lg">
            {title}
          </Text>
        )}
        {help === undefined ? null : <Text maw="40rem">{help}</Text>}
        {children}
      </Stack>
    </Paper>
  )
}
