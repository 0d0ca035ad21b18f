import { on, request } from '../bridge'
import { showError } from './attempt'
import { useHardware } from './hardware'
import { useLedger } from './ledger'
import { mergeJobs, useComparisons, useConnections, useDatasets, useDownloads, useEnvironments, useJobs, useModels } from './lists'
import { announceJobs } from './job-news'
import { useSettings } from './settings'
import { useUi } from './ui'

/** Fills every store and keeps it in step with the engine. Returns a function that lets go of all of it. */
export function connectStores(): () => void {
  const loadAll = (): void => {
    for (const store of [useJobs, useModels, useDatasets, useEnvironments, useComparisons, useConnections, useDownloads]) void store.getState().load()
    void useHardware.getState().load().catch(showError)
    void useSettings.getState().load().catch(showError)
    watchHardware()
  }
  const unsubscribes = [
    on('jobs.changed', ({ jobs, removed }) => {
      // Before the first list is there, a change can only ask for it again.
      if (useJobs.getState().status !== 'ready') {
        void useJobs.getState().load()
        return
      }
      const before = useJobs.getState().items
      useJobs.getState().take(mergeJobs(before, jobs, removed))
      announceJobs(before, jobs)
    }),
    on('models.changed', (models) => {
      useModels.getState().take(models)
    }),
    on('datasets.changed', (datasets) => {
      useDatasets.getState().take(datasets)
    }),
    on('environments.changed', (environments) => {
      useEnvironments.getState().take(environments)
    }),
    on('comparisons.changed', (comparisons) => {
      useComparisons.getState().take(comparisons)
    }),
    on('downloads.changed', (downloads) => {
      useDownloads.getState().take(downloads)
    }),
    on('connections.changed', (connections) => {
      useConnections.getState().take(connections)
    }),
    on('ledger.changed', () => {
      void useLedger.getState().refresh()
    }),
    on('hardware.changed', (machine) => {
      useHardware.getState().takeState(machine)
    }),
    on('hardware.samples', (samples) => {
      useHardware.getState().takeSamples(samples)
    }),
    on('settings.changed', (settings) => {
      useSettings.getState().take(settings)
    }),
    on('app.engine', ({ state, reason }) => {
      const { engine, engineLife } = useUi.getState()
      const isBack = state === 'ready' && (engine === 'restarting' || engine === 'gone')
      useUi.setState({ engine: state, engineReason: reason, engineLife: isBack ? engineLife + 1 : engineLife })
      if (isBack) loadAll()
    }),
  ]
  document.addEventListener('visibilitychange', watchHardware)
  loadAll()
  return () => {
    document.removeEventListener('visibilitychange', watchHardware)
    for (const unsubscribe of unsubscribes) unsubscribe()
  }
}

/** Live samples flow only while somebody can see them. */
function watchHardware(): void {
  void request('hardware.watch', { on: document.visibilityState === 'visible' }).catch(showError)
}
