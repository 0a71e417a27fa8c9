import { DirectionProvider, localStorageColorSchemeManager, MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { queryClient, router } from './router.tsx'
import { cssVariables, theme } from './theme.ts'

/** The same key as in index.html, which sets the scheme before the first paint. */
const colorScheme = localStorageColorSchemeManager({ key: 'holdfast-color-scheme' })

export function App() {
  return (
    <DirectionProvider initialDirection={document.documentElement.dir === 'rtl' ? 'rtl' : 'ltr'}>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={cssVariables}
        colorSchemeManager={colorScheme}
        defaultColorScheme="auto"
      >
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
          <Notifications position="bottom-center" limit={3} containerWidth={460} />
        </QueryClientProvider>
      </MantineProvider>
    </DirectionProvider>
  )
}
