import { lazy, Suspense, useCallback, useEffect } from 'react'
import { I18nProvider } from 'react-aria-components'
import type { JobSummary } from '../../electron/shared/job'
import { on } from './bridge'
import { ErrorBoundary } from './components/error-boundary'
import { Skeleton } from './components/layout'
import { Notice } from './components/notice'
import { Toasts } from './components/toasts'
import { useMedia } from './components/use-media'
import { HomePage } from './pages/home/home-page'
import { go, useRoute } from './router'
import type { Route } from './router'
import { offer, runCommand, useCommand } from './shell/commands'
import { useFileDrop } from './shell/file-drop'
import { stopJob } from './shell/job-actions'
import { paletteGroups } from './shell/palette-groups'
import { places } from './shell/places'
import { underDialog, useShortcuts } from './shell/shortcuts'
import { Sidebar } from './shell/sidebar'
import { StatusBar } from './shell/status-bar'
import { attempt } from './stores/attempt'
import { useHardware } from './stores/hardware'
import { pickAndImport } from './stores/imports'
import { useEnvironments, useJobs } from './stores/lists'
import { useLiveLine } from './stores/live-line'
import { useSettings } from './stores/settings'
import { dismissToast, useUi } from './stores/ui'
import { isActive } from './text/job-words'

const DatasetsPage = lazy(() => import('./pages/datasets/datasets-page').then((page) => ({ default: page.DatasetsPage })))
const TrainPage = lazy(() => import('./pages/train/train-page').then((page) => ({ default: page.TrainPage })))
const QueuePage = lazy(() => import('./pages/queue/queue-page').then((page) => ({ default: page.QueuePage })))
const ModelsPage = lazy(() => import('./pages/models/models-page').then((page) => ({ default: page.ModelsPage })))
const SettingsPage = lazy(() => import('./pages/settings/settings-page').then((page) => ({ default: page.SettingsPage })))
const RunPage = lazy(() => import('./pages/run/run-page').then((page) => ({ default: page.RunPage })))
const ComparePage = lazy(() => import('./pages/compare/compare-page').then((page) => ({ default: page.ComparePage })))
const ChatPage = lazy(() => import('./pages/chat/chat-page').then((page) => ({ default: page.ChatPage })))
const CommandPalette = lazy(() => import('./components/command-palette'))
const QuestionDialog = lazy(() => import('./components/question-dialog').then((module) => ({ default: module.QuestionDialog })))

/** The window: sidebar, page, status bar, and what lies over them. */
export function App() {
  const route = useRoute()
  const jobs = useJobs((state) => state.items)
  const fold = useSettings((state) => state.settings.sidebarFolded)
  const narrow = useMedia('(max-width: 1179px)')
  const folded = fold || narrow
  const running = jobs.filter(isActive)
  const waiting = jobs.filter((job) => job.state === 'queued').length
  useTheme()
  useShortcuts()
  useFileDrop()
  useWindowCommands()
  useEffect(() => {
    document.title = `${places.find((place) => place.pages.includes(route.page))?.label ?? 'Tunesmith'} · Tunesmith`
  }, [route.page])
  return (
    <I18nProvider locale="en-US">
      <div className={`app${folded ? ' app-folded' : ''}`}>
        <Sidebar page={route.page} folded={folded} running={running.length} waiting={waiting} onSearch={openPalette} />
        <main className="content" id="content">
          <EngineNotice />
          <ErrorBoundary key={route.page}>
            <Suspense fallback={<Skeleton rows={6} label="Opening the page" />}>
              <Page route={route} />
            </Suspense>
          </ErrorBoundary>
        </main>
        <ConnectedStatusBar running={running} waiting={waiting} />
        <Overlays />
      </div>
    </I18nProvider>
  )
}

function Page({ route }: { readonly route: Route }) {
  switch (route.page) {
    case 'home':
      return <HomePage />
    case 'datasets':
      return <DatasetsPage id={route.id} />
    case 'train':
      return <TrainPage />
    case 'queue':
      return <QueuePage />
    case 'models':
      return <ModelsPage id={route.id} />
    case 'run':
      return <RunPage key={route.id} id={route.id} />
    case 'compare':
      return <ComparePage id={route.id} query={route.query} />
    case 'chat':
      return <ChatPage id={route.id} />
    case 'settings':
      return <SettingsPage section={route.section} />
  }
}

const openPalette = (): void => {
  useUi.setState({ paletteOpen: true })
}

/** Commands that every page has. Pages offer 'primary', 'find' and the like themselves. */
function useWindowCommands(): void {
  useEffect(
    () =>
      on('app.command', ({ command }) => {
        if (typeof command !== 'string') go({ page: 'run', id: command.openJob })
        else if (!underDialog()) runCommand(command)
      }),
    [],
  )
  useEffect(() => {
    const withdraw = places.map((place) => offer(place.command, () => { go(place.route) }))
    return () => { for (const one of withdraw) one() }
  }, [])
  useCommand('palette', openPalette)
  useCommand('sidebar', toggleSidebar)
  useCommand('stop', stopRunning)
  useCommand('import-dataset', importDataset)
  useCommand('add-model', goAddModel)
  useCommand('about', goAbout)
  useCommand('shortcuts', goShortcuts)
}

const importDataset = (): void => void pickAndImport()
const goAddModel = (): void => { go({ page: 'models', id: 'add' }) }
const goAbout = (): void => { go({ page: 'settings', section: 'about' }) }
const goShortcuts = (): void => { go({ page: 'settings', section: 'shortcuts' }) }
const toggleSidebar = (): void => {
  const { settings, change } = useSettings.getState()
  void attempt(() => change({ sidebarFolded: !settings.sidebarFolded }))
}
const stopRunning = (): void => {
  const running = useJobs.getState().items.find(isActive)
  if (running !== undefined) void stopJob(running)
}

/** The theme of the settings; 'system' leaves it to the system. */
function useTheme(): void {
  const theme = useSettings((state) => state.settings.theme)
  useEffect(() => {
    if (theme === 'system') delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = theme
  }, [theme])
}

function EngineNotice() {
  const engine = useUi((state) => state.engine)
  const reason = useUi((state) => state.engineReason)
  if (engine === 'ready' || engine === 'starting') return null
  return (
    <div className="engine-notice">
      <Notice tone="info" title={engine === 'restarting' ? 'The engine is restarting.' : 'The engine has stopped.'}>
        Runs go on; what they wrote meanwhile is read when it is back.{reason === null ? '' : ` ${reason}`}
        {engine === 'gone' && <span className="next"> Next: quit Tunesmith and open it again.</span>}
      </Notice>
    </div>
  )
}

function ConnectedStatusBar({ running, waiting }: { readonly running: readonly JobSummary[]; readonly waiting: number }) {
  const machine = useHardware((state) => state.machine)
  const latest = useHardware((state) => state.latest)
  const environments = useEnvironments((state) => state.items)
  const known = useEnvironments((state) => state.status !== 'loading')
  const offline = useSettings((state) => state.settings.hub.offline)
  const engine = useUi((state) => state.engine)
  return <StatusBar machine={machine} latest={latest} environments={environments} environmentsKnown={known} running={running} waiting={waiting} offline={offline} engine={engine} />
}

function Overlays() {
  const toasts = useUi((state) => state.toasts)
  const question = useUi((state) => state.question)
  const paletteOpen = useUi((state) => state.paletteOpen)
  const dragging = useUi((state) => state.dragging)
  const live = useLiveLine()
  const closePalette = useCallback(() => { useUi.setState({ paletteOpen: false }) }, [])
  return (
    <>
      <Toasts toasts={toasts} dismiss={dismissToast} />
      {/* Marked, else react-aria makes them inert under a dialog and nobody hears them. */}
      <div className="visually-hidden" aria-live="polite" data-live-announcer="true">{live.polite}</div>
      <div className="visually-hidden" aria-live="assertive" data-live-announcer="true">{live.assertive}</div>
      {dragging && <div className="drop-hint" aria-hidden="true">Drop a JSONL or JSON file to import it</div>}
      <Suspense fallback={null}>
        {question !== null && <QuestionDialog question={question} answer={question.answer} />}
        {paletteOpen && <CommandPalette groups={paletteGroups()} onClose={closePalette} />}
      </Suspense>
    </>
  )
}
