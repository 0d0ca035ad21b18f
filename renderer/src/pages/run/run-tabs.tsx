import { lazy, Suspense } from 'react'
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components'
import type { JobDetail, JobSummary } from '../../../../electron/shared/job'
import { Skeleton } from '../../components/layout'
import { useUi } from '../../stores/ui'
import { count } from '../../text/format'
import { isEnded } from '../../text/job-words'
import { CheckpointsTab } from './checkpoints-tab'
import { FactsTab } from './facts-tab'
import { LogTab } from './log-tab'
import { offeredFor } from './offered'

const TerminalTab = lazy(() => import('./terminal-tab').then((module) => ({ default: module.TerminalTab })))
const CodeTab = lazy(() => import('./code-tab').then((module) => ({ default: module.CodeTab })))

/** Terminal, files, checkpoints and facts of a run. */
export function RunTabs({ job, detail }: { readonly job: JobSummary; readonly detail: JobDetail | null }) {
  const offered = offeredFor(job)
  // A terminal ends with the engine that held it.
  const life = useUi((state) => state.engineLife)
  const folder = detail?.runFolder ?? null
  const none = <p className="tab-pad second">{isEnded(job) ? 'It ended before its run folder was made.' : 'The run folder is being made.'}</p>
  // Events are read as they stand when the tab is opened, and again when the run has ended.
  const readAgain = isEnded(job) ? 'ended' : 'live'
  return (
    <Tabs className="tabs run-tabs">
      <TabList className="tab-list" aria-label="Details of the run">
        <Tab id="terminal" className="tab">{offered.terminal ? 'Terminal' : 'Log'}</Tab>
        {offered.script && <Tab id="script" className="tab">Script</Tab>}
        <Tab id="spec" className="tab">Spec</Tab>
        <Tab id="events" className="tab">Events <span className="quiet">{count(job.lastSeq + 1)}</span></Tab>
        <Tab id="checkpoints" className="tab">Checkpoints <span className="quiet">{count(detail?.checkpoints.length ?? 0)}</span></Tab>
        <Tab id="facts" className="tab">Facts</Tab>
      </TabList>
      <Suspense fallback={<Skeleton rows={4} label="Opening" />}>
        <TabPanel id="terminal" className="tab-panel">{folder === null ? none : offered.terminal ? <TerminalTab key={life} jobId={job.id} /> : <LogTab job={job} />}</TabPanel>
        {offered.script && <TabPanel id="script" className="tab-panel">{folder === null ? none : <CodeTab jobId={job.id} file="script" name="train.py" language="python" />}</TabPanel>}
        <TabPanel id="spec" className="tab-panel">{folder === null ? none : <CodeTab jobId={job.id} file="spec" name="job.json" language="json" />}</TabPanel>
        <TabPanel id="events" className="tab-panel">{folder === null ? none : <CodeTab key={readAgain} jobId={job.id} file="events" name="events.jsonl" language="text" />}</TabPanel>
        <TabPanel id="checkpoints" className="tab-panel tab-scroll">{detail === null ? <Skeleton rows={3} label="Reading the checkpoints" /> : <CheckpointsTab job={job} detail={detail} />}</TabPanel>
        <TabPanel id="facts" className="tab-panel tab-scroll">{detail === null ? <Skeleton rows={4} label="Reading the facts" /> : <FactsTab job={job} detail={detail} />}</TabPanel>
      </Suspense>
    </Tabs>
  )
}
