import { Columns2, Plus, Trash2 } from 'lucide-react'
import type { ComparisonSummary } from '../../../../electron/shared/comparison'
import { Button, LinkButton } from '../../components/button'
import { DataTable } from '../../components/data-table'
import type { Column } from '../../components/data-table'
import { Empty, PageHead } from '../../components/layout'
import { RowMenu } from '../../components/row-menu'
import { Badge } from '../../components/state-mark'
import { go, hrefOf } from '../../router'
import { useCommand } from '../../shell/commands'
import { useNow } from '../../shell/use-now'
import { useModels } from '../../stores/lists'
import { count, day } from '../../text/format'
import { uncomparedModel } from '../home/uncompared'
import { mainPair, signedPoints, verdictWords } from './compared-models'
import { removeComparison } from './open-comparison'

const startNew = (): void => {
  go({ page: 'compare', id: null, query: 'new' })
}

/** The stored comparisons, the newest first. */
export function ComparisonList({ comparisons }: { readonly comparisons: readonly ComparisonSummary[] }) {
  const nowMs = useNow(60_000)
  useCommand('primary', startNew)
  const columns: readonly Column<ComparisonSummary>[] = [
    { id: 'name', head: 'Name', cell: (one) => <span className="medium">{one.name}</span> },
    { id: 'verdict', head: 'Verdict', width: '230px', cell: (one) => <VerdictCell comparison={one} /> },
    { id: 'prompts', head: 'Prompts', width: '210px', leaves: 2, cell: (one) => <span className="second">{count(one.promptCount)} of {one.promptSetName}</span> },
    { id: 'models', head: 'Models', width: '76px', numeric: true, cell: (one) => count(one.modelIds.length) },
    { id: 'when', head: 'Made', width: '100px', numeric: true, cell: (one) => <span className="second">{day(one.createdAtMs, nowMs)}</span> },
    { id: 'actions', head: '', width: '56px', cell: (one) => <RowMenu label={`Actions of ${one.name}`} actions={[{ id: 'delete', label: 'Delete comparison', icon: Trash2, danger: true, run: () => void removeComparison(one) }]} /> },
  ]
  const open = (one: ComparisonSummary): void => {
    go({ page: 'compare', id: one.id, query: '' })
  }
  return (
    <>
      <PageHead title="Compare" sub={`${count(comparisons.length)} stored`}>
        <Button look="primary" icon={Plus} onPress={startNew}>New comparison</Button>
      </PageHead>
      <div className="pane pane-scroll">
        <DataTable label="Comparisons" columns={columns} groups={[{ id: 'all', title: null, items: comparisons.toSorted((a, b) => b.createdAtMs - a.createdAtMs) }]} idOf={(one) => one.id} nameOf={(one) => one.name} onOpen={open} onSelect={open} onDelete={(one) => void removeComparison(one)} />
      </div>
    </>
  )
}

function VerdictCell({ comparison }: { readonly comparison: ComparisonSummary }) {
  if (comparison.state === 'failed') return <Badge tone="bad">Failed</Badge>
  if (comparison.state === 'cancelled') return <Badge>Cancelled</Badge>
  if (comparison.state !== 'done') return <Badge tone="accent">{comparison.state === 'waiting' ? 'Waiting' : `${count(comparison.doneAnswers)} of ${count(comparison.totalAnswers)}`}</Badge>
  const pair = mainPair(comparison)
  if (pair === null || pair.baseWins + pair.candidateWins + pair.ties === 0) return <span className="quiet">not scored</span>
  const { word, tone } = verdictWords[pair.verdict]
  return <span className="row"><Badge tone={tone}>{word}</Badge><span className="second">{signedPoints(pair.differencePoints)} points</span></span>
}

/** Nothing compared yet: why, and the most likely first comparison. */
export function NoComparisons() {
  const models = useModels((state) => state.items)
  const pair = uncomparedModel(models, [])
  useCommand('primary', startNew)
  return (
    <>
      <PageHead title="Compare" />
      <div className="page-scroll">
        <Empty
          icon={Columns2}
          title="Nothing compared yet"
          actions={
            <>
              {pair !== null && <LinkButton look="primary" href={hrefOf({ page: 'compare', id: null, query: `models=${pair.base.id},${pair.tuned.id}` })}>Compare the newest</LinkButton>}
              <Button look={pair === null ? 'primary' : 'quiet'} onPress={startNew}>New comparison</Button>
            </>
          }
        >
          Pick a tuned model and its base. Both answer the same held-out prompts, and you see with an interval whether it got better.
        </Empty>
      </div>
    </>
  )
}
