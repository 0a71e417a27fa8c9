import { DirectionProvider, localStorageColorSchemeManager, MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { Toasts } from '../ui/toasts.tsx'
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
          <Toasts />
        </QueryClientProvider>
      </MantineProvider>
    </DirectionProvider>
  )
}
