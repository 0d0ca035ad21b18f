import { FileText, Trash2 } from 'lucide-react'
import { useCallback, useMemo, useState } from 'react'
import type { ComparisonSummary } from '../../../../electron/shared/comparison'
import { request } from '../../bridge'
import { Button } from '../../components/button'
import { Swatch } from '../../components/layout'
import { ErrorNotice, Notice } from '../../components/notice'
import { Progress } from '../../components/progress'
import { RowMenu } from '../../components/row-menu'
import { go, hrefOf } from '../../router'
import { useCommand } from '../../shell/commands'
import { attempt } from '../../stores/attempt'
import { useConnections, useJobs, useModels } from '../../stores/lists'
import { ask, toast } from '../../stores/ui'
import { count } from '../../text/format'
import { comparedModels, filterPrompts, mainPair } from './compared-models'
import type { ComparedModel, PromptFilter } from './compared-models'
import { ComparedRuns } from './compared-runs'
import { AnswersPane, PromptsPane } from './prompts-pane'
import { ScoreTable } from './score-table'
import { useAnswers } from './use-answers'
import { VerdictPanel } from './verdict-panel'

/** One comparison: the verdict, the scores, the answers, and the runs behind the models. */
export function OpenComparison({ comparison }: { readonly comparison: ComparisonSummary }) {
  const allModels = useModels((state) => state.items)
  const allJobs = useJobs((state) => state.items)
  const places = useConnections((state) => state.items)
  const models = useMemo(() => comparedModels(comparison.modelIds, allModels, allJobs, places), [comparison.modelIds, allModels, allJobs, places])
  const jobs = useMemo(() => models.flatMap((model) => (model.job === null ? [] : [{ ...model.job, colour: model.colour }])), [models])
  const running = comparison.state === 'waiting' || comparison.state === 'running'
  return (
    <>
      <header className="page-head">
        <nav className="crumb" aria-label="Path"><a href={hrefOf({ page: 'compare', id: null, query: '' })}>Compare</a> /</nav>
        <h1 className="cut" title={comparison.name}>{comparison.name}</h1>
        <span className="compared-chips">
          {models.map((model) => (
            <span key={model.id} className="compared-chip" title={model.name}><Swatch colour={model.colour} /><span className="cut">{model.name}</span> {model.note !== '' && <span className="quiet">{model.note}</span>}{model.place !== null && <span className="quiet">remote</span>}</span>
          ))}
        </span>
        <div className="page-actions">
          <span className="small second cut">{comparison.promptSetName}, {count(comparison.promptCount)}</span>
          <Button icon={FileText} disabled={comparison.state !== 'done'} onPress={() => void saveReport(comparison)}>Report</Button>
          <RowMenu label="More" small={false} inRow={false} actions={[{ id: 'delete', label: 'Delete comparison', icon: Trash2, danger: true, disabled: running, run: () => void removeComparison(comparison) }]} />
        </div>
      </header>
      <div className="comparison">
        {comparison.state !== 'done' && <ComparisonState comparison={comparison} />}
        <div className="comparison-top">
          <VerdictPanel comparison={comparison} models={models} />
          <ScoreTable comparison={comparison} models={models} />
        </div>
        <PromptAnswers comparison={comparison} models={models} />
        {jobs.length > 0 && <ComparedRuns jobs={jobs} />}
      </div>
    </>
  )
}

function PromptAnswers({ comparison, models }: { readonly comparison: ComparisonSummary; readonly models: readonly ComparedModel[] }) {
  const { prompts, answers, error } = useAnswers(comparison)
  const [filter, setFilter] = useState<PromptFilter>('all')
  const [chosen, setChosen] = useState<number | null>(null)
  const pair = mainPair(comparison)
  const shown = useMemo(() => filterPrompts(prompts.map((prompt) => prompt.index), answers, pair, filter), [prompts, answers, pair, filter])
  const selected = chosen !== null && shown.includes(chosen) ? chosen : (shown[0] ?? null)
  const step = useCallback((by: number) => {
    const at = selected === null ? 0 : shown.indexOf(selected) + by
    setChosen(shown[Math.max(0, Math.min(shown.length - 1, at))] ?? null)
  }, [selected, shown])
  const previous = useCallback(() => { step(-1) }, [step])
  const next = useCallback(() => { step(1) }, [step])
  useCommand('previous', previous)
  useCommand('next', next)
  if (error !== null) return <div className="tab-pad"><ErrorNotice error={error} /></div>
  return (
    <div className="comparison-middle">
      <PromptsPane prompts={prompts} answers={answers} models={models} pair={pair} filter={filter} shown={shown} selected={selected} onFilter={setFilter} onSelect={setChosen} />
      <AnswersPane prompt={prompts.find((prompt) => prompt.index === selected) ?? null} models={models} answers={answers} />
    </div>
  )
}

/** Progress while it runs, and why it stopped when it did. */
function ComparisonState({ comparison }: { readonly comparison: ComparisonSummary }) {
  const { state, doneAnswers, totalAnswers, waitingFor, device, error } = comparison
  if (state === 'failed')
    return (
      <div className="comparison-state">
        <Notice tone="bad" title={`It stopped after ${count(doneAnswers)} of ${count(totalAnswers)} answers.`}>
          {error ?? 'The inference worker ended.'} <span className="next">Next: start it again; the answers so far are kept and not generated again.</span>
        </Notice>
      </div>
    )
  if (state === 'cancelled')
    return (
      <div className="comparison-state">
        <Notice tone="plain" title={`Cancelled after ${count(doneAnswers)} of ${count(totalAnswers)} answers.`}>What was answered is kept.</Notice>
      </div>
    )
  return (
    <div className="comparison-state comparison-progress">
      <span className="small medium">{state === 'waiting' ? `Waiting${waitingFor === null ? '' : ` for ${waitingFor}`}` : `Answering, ${count(doneAnswers)} of ${count(totalAnswers)}`}</span>
      <Progress label="Answers" ratio={totalAnswers === 0 ? null : doneAnswers / totalAnswers} />
      <span className="small second cut">{[device === '' ? null : `On ${device}`, state === 'running' ? waitingFor : null].filter((part) => part !== null).join('. ')}</span>
      <Button size="small" onPress={() => void attempt(() => request('comparisons.cancel', { comparisonId: comparison.id }))}>Cancel</Button>
    </div>
  )
}

async function saveReport(comparison: ComparisonSummary): Promise<void> {
  const saved = await attempt(() => request('comparisons.saveReport', { comparisonId: comparison.id }))
  if (saved !== null) toast({ title: 'Report saved', detail: saved.path, tone: 'good' })
}

/** Removes a comparison after a question; its toast can bring it back. */
export async function removeComparison(comparison: ComparisonSummary): Promise<void> {
  const answer = await ask({ title: `Delete ${comparison.name}?`, body: 'Its scores and answers leave the list. You can undo it from the message that follows.', confirm: 'Delete comparison', danger: true })
  if (answer !== 'confirm') return
  const removed = await attempt(async () => {
    await request('comparisons.remove', { comparisonId: comparison.id })
    return true
  })
  if (removed === null) return
  go({ page: 'compare', id: null, query: '' })
  toast({ title: 'Comparison deleted', detail: comparison.name, action: { label: 'Undo', run: () => void attempt(() => request('comparisons.restore', { comparisonId: comparison.id })) } })
}
