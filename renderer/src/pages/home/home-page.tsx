import { Columns2, FolderOpen } from 'lucide-react'
import { useState } from 'react'
import { Button } from '../../components/button'
import { PageHead, Skeleton } from '../../components/layout'
import { Notice } from '../../components/notice'
import { hrefOf } from '../../router'
import { openRunFolder } from '../../shell/job-actions'
import { useComparisons, useEnvironments, useJobs, useModels } from '../../stores/lists'
import { FirstStart } from './first-start'
import { MachinePanel } from './machine-panel'
import { RecentRuns } from './recent-runs'
import { StartSteps } from './start-steps'
import { uncomparedModel } from './uncompared'

/** Home: three steps to a run, what ran lately, and this machine. */
export function HomePage() {
  const environments = useEnvironments((state) => state.items)
  const environmentsKnown = useEnvironments((state) => state.status !== 'loading')
  const jobs = useJobs((state) => state.items)
  const jobsStatus = useJobs((state) => state.status)
  const [skipped, setSkipped] = useState(false)
  const ready = environments.some((one) => one.state === 'ready')
  if (!environmentsKnown || jobsStatus === 'loading') {
    return (
      <>
        <PageHead title="Home" />
        <Skeleton rows={8} label="Reading what is on this machine" />
      </>
    )
  }
  if (!ready && jobs.length === 0 && !skipped) return <FirstStart onSkip={() => { setSkipped(true) }} />
  return (
    <>
      <PageHead title="Home">
        <Button icon={FolderOpen} onPress={() => void openRunFolder()}>
          Open a run folder
        </Button>
      </PageHead>
      <div className="page-body page-pad home">
        {!ready && (
          <Notice tone="warn" title="No Python environment is ready." actions={<a className="button button-plain button-normal" href={hrefOf({ page: 'settings', section: 'environments' })}>Set up</a>}>
            Training and chatting wait for one; everything else works.
          </Notice>
        )}
        <StartSteps />
        <div className="home-below">
          <RecentRuns jobs={jobs} foot={<CompareHint />} />
          <MachinePanel />
        </div>
      </div>
    </>
  )
}

/** The newest tuned model that was never compared with its base. */
function CompareHint() {
  const models = useModels((state) => state.items)
  const comparisons = useComparisons((state) => state.items)
  const pair = uncomparedModel(models, comparisons)
  if (pair === null) return null
  return (
    <div className="panel-foot">
      <Columns2 aria-hidden="true" />
      <span className="cut grow">
        {pair.tuned.name} has not been compared with its base yet.
      </span>
      <a href={hrefOf({ page: 'compare', id: null, query: `models=${pair.base.id},${pair.tuned.id}` })}>Compare</a>
    </div>
  )
}
