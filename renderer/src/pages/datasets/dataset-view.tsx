import { Pencil, Play, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { DatasetSummary } from '../../../../electron/shared/dataset'
import { request } from '../../bridge'
import { RenameDialog } from '../../components/rename-dialog'
import { RowMenu } from '../../components/row-menu'
import { Segmented } from '../../components/choices'
import { Badge } from '../../components/state-mark'
import { Progress } from '../../components/progress'
import { go } from '../../router'
import { attempt, succeeds } from '../../stores/attempt'
import { useDraft } from '../../stores/draft'
import { ask, toast } from '../../stores/ui'
import { bytes, count, percent, shortHash, tokens } from '../../text/format'
import { formatWords } from '../../text/job-words'
import { sampleOf } from './row-tokens'
import { RowsPane } from './rows-pane'
import type { ChosenRow } from './rows-pane'
import { TokenView } from './token-view'
import { TurnsView } from './turns-view'
import { useSampleCheck } from './use-sample-check'
import { Validation } from './validation'

/** One dataset: its figures, rows, validation, and a row by turn or as tokens. */
export function DatasetView({ dataset }: { readonly dataset: DatasetSummary }) {
  const [row, setRow] = useState<ChosenRow | null>(null)
  const [picked, setPicked] = useState<'turns' | 'tokens' | null>(null)
  const [renaming, setRenaming] = useState(false)
  const check = useSampleCheck(dataset.id)
  const done = check.state?.kind === 'done' ? check.state.check : null
  const sample = row === null || row.place === null ? null : sampleOf(row.row, row.place, done)
  const view = picked ?? (sample === null ? 'turns' : 'tokens')
  return (
    <>
      <div className="pane-head dataset-head">
        <h2 className="cut" title={dataset.name}>{dataset.name}</h2>
        <Badge tone="info">{formatWords[dataset.format]}</Badge>
        <span className="quiet small cut" title={dataset.sourcePath}>{dataset.report.mapping}</span>
        <div className="pane-end">
          <RowMenu
            label={`Actions for ${dataset.name}`}
            small={false}
            inRow={false}
            actions={[
              { id: 'train', label: 'Train with it', icon: Play, run: () => { useDraft.getState().choose({ datasetId: dataset.id }); go({ page: 'train' }) } },
              { id: 'rename', label: 'Rename', icon: Pencil, run: () => { setRenaming(true) } },
              { id: 'delete', label: 'Delete', icon: Trash2, danger: true, apart: true, run: () => void removeDataset(dataset) },
            ]}
          />
        </div>
      </div>
      <div className="figures">
        <Figure name="Rows" value={count(dataset.report.validRows)} more={dataset.report.rows === dataset.report.validRows ? undefined : `of ${count(dataset.report.rows)}`} />
        <Figure name="Training, evaluation" value={count(dataset.trainRows)} more={`+ ${count(dataset.evalRows)}`} />
        {dataset.heldOutRows > 0 && <Figure name="Held out" value={count(dataset.heldOutRows)} />}
        <Figure name="Size" leaves value={bytes(dataset.sizeBytes)} more={`sha256 ${shortHash(dataset.sha256)}`} />
        {done !== null && (
          <>
            <Figure name="Tokens" value={tokens(done.totalTokens)} more={`longest ${count(done.lengths.max)}`} />
            <div className="figure grow">
              <span className="figure-name row row-between">
                Trained tokens <b>{percent(done.totalTokens === 0 ? 0 : done.trainedTokens / done.totalTokens)}</b>
              </span>
              <Progress label="Trained tokens" ratio={done.totalTokens === 0 ? 0 : done.trainedTokens / done.totalTokens} />
            </div>
          </>
        )}
      </div>
      <div className="split dataset-split">
        <div className="pane">
          <RowsPane dataset={dataset} check={done} onRow={setRow} />
          <Validation report={dataset.report} />
        </div>
        <div className="pane">
          <div className="pane-head pane-dense">
            <h2>{view === 'turns' ? 'The row by turn' : 'What the model will see'}</h2>
            <div className="pane-end">
              <Segmented<'turns' | 'tokens'> label="View" value={view} options={[{ value: 'turns', label: 'Turns' }, { value: 'tokens', label: 'Tokens' }]} onChange={setPicked} />
            </div>
          </div>
          {view === 'turns' ? <TurnsView row={row?.row ?? null} /> : <TokenView key={sample} {...check} rowSample={sample} chooseModel={(id) => { setPicked('tokens'); check.chooseModel(id) }} />}
        </div>
      </div>
      {renaming && (
        <RenameDialog
          title="Rename the dataset"
          name={dataset.name}
          onClose={() => { setRenaming(false) }}
          onRename={(name) => succeeds(() => request('datasets.rename', { datasetId: dataset.id, name }))}
        />
      )}
    </>
  )
}

function Figure({ name, value, more, leaves = false }: { readonly name: string; readonly value: string; readonly more?: string | undefined; readonly leaves?: boolean }) {
  return (
    <div className={`figure${leaves ? ' figure-leaves' : ''}`}>
      <span className="figure-name">{name}</span>
      <span className="figure-value">
        {value} {more !== undefined && <small>{more}</small>}
      </span>
    </div>
  )
}

async function removeDataset(dataset: DatasetSummary): Promise<void> {
  const answer = await ask({ title: `Delete ${dataset.name}?`, body: 'It leaves the list. Runs that used it keep their own copy, and the file it came from is not touched.', confirm: 'Delete dataset', danger: true })
  if (answer !== 'confirm') return
  const removed = await attempt(async () => {
    await request('datasets.remove', { datasetId: dataset.id })
    return true
  })
  if (removed === null) return
  go({ page: 'datasets', id: null })
  toast({ title: 'Dataset deleted', detail: dataset.name, action: { label: 'Undo', run: () => void attempt(() => request('datasets.restore', { datasetId: dataset.id })) } })
}
