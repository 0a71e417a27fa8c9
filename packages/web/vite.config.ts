import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { firstFilesOfBuild } from './first-files-of-build.ts'
import { serviceWorkerOfBuild } from './service-worker-of-build.ts'

/** `npm run dev -w @holdfast/web` beside a started Holdfast: pages from here, everything else from there. */
const server = process.env.HOLDFAST_URL ?? 'http://localhost:3000'

/**
 * What more than one of the patient's pages uses stands in one file: on a slow network thirty small ones take longer
 * than their bytes do. What only clinics use (charts, calendars, tables) stays out of it, and so do dialogs, which bring
 * much along and are opened by a press.
 */
const partsOfMantine =
  'ActionIcon|Alert|Anchor|Badge|Burger|Button|CloseButton|Group|Input|InputBase|Loader|NativeSelect|Paper|SegmentedControl|Skeleton|Stack|Text|TextInput|Title|UnstyledButton|VisuallyHidden'
const parts = new RegExp(
  `/node_modules/(@mantine/core/esm/(core|components/(${partsOfMantine}))/|react-i18next/|@tanstack/react-query/)|/packages/web/src/(lib|ui)/(?!dialog)`,
)

export default defineConfig({
  // The service worker's version counts the page as the first has left it.
  plugins: [react(), firstFilesOfBuild(), serviceWorkerOfBuild()],
  server: { proxy: { '/api': { target: server, ws: true, changeOrigin: true } } },
  build: {
    target: 'es2023',
    manifest: 'build-manifest.json',
    // Measured on what is sent, in src/app/first-load.test.ts.
    reportCompressedSize: false,
    // Inlined pictures would be counted as script, and CSP has no data: for anything but pictures.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // @mantine/schedule looks for both shapes of rrule, of which a bundle has one.
      checks: { importIsUndefined: false },
      input: { index: 'index.html', sw: 'service-worker/service-worker.ts' },
      output: {
        codeSplitting: { groups: [{ name: 'parts', test: parts }] },
        entryFileNames: (chunk) => (chunk.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js'),
      },
    },
  },
})
