import { Database, FileDown, Plus, TriangleAlert } from 'lucide-react'
import { useCallback } from 'react'
import type { DatasetSummary } from '../../../../electron/shared/dataset'
import { request } from '../../bridge'
import { Button } from '../../components/button'
import { Empty, PageHead, Skeleton } from '../../components/layout'
import { ErrorNotice } from '../../components/notice'
import { Progress } from '../../components/progress'
import { go, hrefOf } from '../../router'
import { useCommand } from '../../shell/commands'
import { attempt } from '../../stores/attempt'
import { dismissRefused, importPicked, pickAndImport, useImports } from '../../stores/imports'
import { useDatasets } from '../../stores/lists'
import { bytes, counted } from '../../text/format'
import { formatWords } from '../../text/job-words'
import { DatasetView } from './dataset-view'
import { RefusedReport } from './validation'
import './datasets.css'

const importOne = (): void => void pickAndImport().then(openDataset)
const openDataset = (dataset: DatasetSummary | null): void => {
  if (dataset !== null) go({ page: 'datasets', id: dataset.id })
}

/** Two dialogs, one after the other: the data, then what it is measured with. */
async function importWithEvaluation(): Promise<void> {
  const data = await attempt(() => request('files.pick', { purpose: 'dataset' }))
  if (data === null) return
  const evaluation = await attempt(() => request('files.pick', { purpose: 'evaluation' }))
  if (evaluation !== null) openDataset(await importPicked(data, evaluation))
}

const addSample = (): void => void attempt(() => request('datasets.addSample')).then((added) => { if (added !== null) go({ page: 'datasets', id: added.datasetId }) })

/** Datasets: the list, the rows of one, its validation, and what the model will see of it. */
export function DatasetsPage({ id }: { readonly id: string | null }) {
  const datasets = useDatasets((state) => state.items)
  const status = useDatasets((state) => state.status)
  const error = useDatasets((state) => state.error)
  const refused = useImports((state) => state.refused)
  const chosen = refused === null ? (datasets.find((dataset) => dataset.id === id) ?? datasets[0]) : undefined
  useCommand('primary', importOne)
  const step = useCallback(
    (by: number) => {
      const next = datasets[datasets.findIndex((dataset) => dataset.id === chosen?.id) + by]
      if (next !== undefined) go({ page: 'datasets', id: next.id })
    },
    [datasets, chosen?.id],
  )
  useCommand('previous', useCallback(() => { step(-1) }, [step]))
  useCommand('next', useCallback(() => { step(1) }, [step]))
  return (
    <>
      <PageHead title="Datasets" sub={datasets.length > 0 ? counted(datasets.length, 'dataset') : undefined}>
        <Button icon={FileDown} onPress={() => void importWithEvaluation()}>
          Import with an evaluation file
        </Button>
        <Button look="primary" icon={Plus} onPress={importOne}>
          Import a file
        </Button>
      </PageHead>
      <div className="split datasets">
        <nav className="pane pane-page pane-scroll item-list" aria-label="Datasets">
          <Importing />
          {datasets.map((dataset) => (
            <a key={dataset.id} href={hrefOf({ page: 'datasets', id: dataset.id })} aria-current={dataset.id === chosen?.id ? 'true' : undefined} onClick={dismissRefused}>
              <span className="row">
                <span className="cut grow medium" title={dataset.name}>{dataset.name}</span>
                {dataset.report.issues.length > 0 && <TriangleAlert className="ink-warn" role="img" aria-label="has warnings" />}
              </span>
              <span className="quiet micro">{counted(dataset.rows, 'row')} · {formatWords[dataset.format].replace('OpenAI ', '')}</span>
            </a>
          ))}
        </nav>
        <div className="pane">
          {status === 'failed' && <div className="page-pad"><ErrorNotice error={error} /></div>}
          {status === 'loading' && <Skeleton rows={8} label="Reading the datasets" />}
          {refused !== null && <RefusedReport name={refused.name} report={refused.report} onAgain={importOne} onDismiss={dismissRefused} />}
          {refused === null && chosen !== undefined && <DatasetView key={chosen.id} dataset={chosen} />}
          {refused === null && chosen === undefined && status === 'ready' && (
            <Empty
              icon={Database}
              title="No data yet"
              actions={
                <>
                  <Button look="primary" onPress={importOne}>Import a file</Button>
                  <Button look="quiet" onPress={addSample}>Open the sample</Button>
                </>
              }
            >
              Import a JSONL or JSON file with messages, Alpaca, ShareGPT or prompts, or drop one anywhere on the window. Every line is checked.
            </Empty>
          )}
        </div>
      </div>
    </>
  )
}

function Importing() {
  const { file, progress } = useImports()
  if (file === null) return null
  return (
    <div className="importing" role="status">
      <span className="cut medium">{file}</span>
      <Progress label={`Reading ${file}`} ratio={progress === null ? null : progress.readBytes / Math.max(1, progress.totalBytes)} />
      <span className="row row-between quiet micro">
        {progress === null ? 'opening' : `${counted(progress.rows, 'row')}, ${bytes(progress.readBytes)} of ${bytes(progress.totalBytes)}`}
        <Button size="small" onPress={() => void attempt(() => request('datasets.cancelImport'))}>
          Cancel
        </Button>
      </span>
    </div>
  )
}
