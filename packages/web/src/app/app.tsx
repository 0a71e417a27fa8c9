import { DirectionProvider, localStorageColorSchemeManager, MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { queryClient, router } from './router.tsx'
import { cssVariables, theme } from './theme.ts'

/** The same key as in index.html, which sets the scheme before the first paint. */
const colorScheme = localStorageColorSchemeManager({ key: 'holdfast-color-scheme' })

export function App() {
  const isRtl = document.documentElement.dir === 'rtl'
  return (
    <DirectionProvider initialDirection={isRtl ? 'rtl' : 'ltr'}>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={cssVariables}
        colorSchemeManager={colorScheme}
        defaultColorScheme="auto"
      >
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
          {/* In the corner, and narrow enough to be beside dialogs and panels of a window of 1280 pixels. */}
          <Notifications position={isRtl ? 'bottom-right' : 'bottom-left'} limit={3} containerWidth={300} />
        </QueryClientProvider>
      </MantineProvider>
    </DirectionProvider>
  )
}
