import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { firstFilesOfBuild } from './first-files-of-build.ts'
import { serviceWorkerOfBuild } from './service-worker-of-build.ts'

/** For `npm run dev -w @holdfast/web`: the running Holdfast that serves the API. */
const server = process.env.HOLDFAST_URL ?? 'http://localhost:3000'

/**
 * What several of the patients' pages use is bundled into one file: on a slow network, thirty small files take longer
 * than their bytes do. Components that only clinics use (charts, calendars, tables) stay out of it, and so do dialogs:
 * they are large, and loaded when they are opened.
 */
const mantineComponents =
  'ActionIcon|Alert|Anchor|Badge|Burger|Button|CloseButton|Group|Input|InputBase|Loader|NativeSelect|Paper|Portal|' +
  'SegmentedControl|Skeleton|Stack|Text|TextInput|Title|UnstyledButton|VisuallyHidden'
const clinicParts =
  'day-nav|dialogs/(?!once-opened)|filters|' +
  'fields/(bounded-number|saving-switch|search-field|time-field|day-calendar|weekdays-field)|' +
  'focus/use-title-focus-after|layout|panel|save-button|show-more|table|tabs/|use-(after-first-paint|printing)'
const deskIcons = 'Armchair|ArrowBackUp|Calendar(Event|X)|Circle(Check|X)|Phone(Check|X)|UserOff'
const otherClinicIcons = 'Alarm|Arrow(Down|Up)|ClockExclamation|Copy|Keyboard|PlayerPlay|Puzzle|Selector|Trash|X'
const sharedByPatientPages = new RegExp(
  [
    `/node_modules/@mantine/core/esm/(core|components/(${mantineComponents}))/`,
    '/node_modules/(react-i18next|@tanstack/react-query)/',
    `/node_modules/@tabler/icons-react/(?!dist/esm/icons/Icon(${deskIcons}|${otherClinicIcons})[.]mjs)`,
    '/packages/web/src/lib/(?!live/use-live-clinic|submit-valid|time/(typed-time|use-now))',
    // What the routes of all pages need, and so every page.
    '/packages/web/src/(app/navigation|app/shell|domain/hold/active-attempt|features/theatre/board-query)',
    '/packages/web/src/.*/(admin-search|theatre-search|day-search|withdrawal-search|slots-of-week-query|status-colors)',
    '/packages/vocabulary/src/(email-address|phone-number)',
    '/packages/web/src/.*/(refuse-overlap|use-seconds-left|call-clinic)',
    '/node_modules/@mantine/hooks/esm/(use-force-update|use-hotkeys|use-window-event)/',
    '/node_modules/(@tanstack/(react-router|router-core)|react-remove-scroll)/',
    `/packages/web/src/ui/(?!${clinicParts})`,
  ].join('|'),
)
/** What the board of an operating theatre and the desk's day share. */
const sharedByDays =
  /[/]packages[/]web[/]src[/](domain[/]time-grid[/]|lib[/]time[/]use-now|ui[/]use-(after-first-paint|printing))/
/** What the desk's day shares with other pages of clinics, which would be thirty small files. */
const sharedByDesk = new RegExp(
  [
    '/packages/web/src/features/admin/(use-clinic|today/(groups|use-moves))',
    '/packages/web/src/features/admin/shared/(booking/(booking-link|requests-(notice|query))|frame/shortcut-keys)',
    '/packages/web/src/features/admin/shared/(clinic/(doctor-filter|no-doctors)|patient/same-person)',
    '/packages/web/src/domain/bookings/(booking-actions|cached-bookings|day-(list|sheet)|flags|is-expected)',
    '/packages/web/src/domain/bookings/(patient-name|pending-marks|reopened-status|status-(icon|mark))',
    '/packages/web/src/domain/(bookings/use-booking-action|visits/(resources-of|visit-resources-query))',
    '/packages/web/src/domain/answers/(answer-text|answers-in-row|local-label)',
    '/packages/web/src/domain/closures/(closed-days|closure-queries|use-whose)',
    '/packages/web/src/(lib/live/use-live-clinic|ui/fields/search-field)',
    '/packages/vocabulary/src/phone-keys',
    '/node_modules/@mantine/hooks/esm/(use-click-outside|use-local-storage)/',
    `/node_modules/@tabler/icons-react/dist/esm/icons/Icon(${deskIcons})[.]mjs`,
  ].join('|'),
)

export default defineConfig({
  // In this order: the service worker's version includes the page as firstFilesOfBuild changed it.
  plugins: [react(), firstFilesOfBuild(), serviceWorkerOfBuild()],
  server: { proxy: { '/api': { target: server, ws: true, changeOrigin: true } } },
  build: {
    target: 'es2023',
    manifest: 'build-manifest.json',
    // Measured by what is sent, in browser-tests/first-load.test.ts.
    reportCompressedSize: false,
    // Inlined images would count as script, and the CSP allows data: URLs for images only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // @mantine/schedule checks for two forms of rrule, of which a bundle has one.
      checks: { importIsUndefined: false },
      input: { index: 'index.html', sw: 'service-worker/service-worker.ts' },
      output: {
        codeSplitting: {
          groups: [
            { name: 'parts', test: sharedByPatientPages },
            { name: 'time-grid', test: sharedByDays },
            { name: 'desk', test: sharedByDesk, includeDependenciesRecursively: false },
          ],
        },
        // The first load contains the names of all files. Seven characters of a hash are the fewest.
        entryFileNames: (chunk) => (chunk.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash:7].js'),
        // What several pages share has no name: that saves 1.3 KB of each first load.
        chunkFileNames: ({ isDynamicEntry, name }) =>
          isDynamicEntry || name === 'parts' ? 'assets/[name]-[hash:7].js' : 'assets/[hash:7].js',
      },
    },
  },
})
