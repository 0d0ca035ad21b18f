import { useEffect } from 'react'
import type { ReactNode } from 'react'
import type { CloudOptions } from '../../../../electron/shared/cloud'
import type { TokenCheck } from '../../../../electron/shared/dataset'
import type { DatasetId, ModelId } from '../../../../electron/shared/ids'
import type { TrainingSettings } from '../../../../electron/shared/job-spec'
import type { Plan } from '../../../../electron/shared/plan'
import { Button } from '../../components/button'
import { Panel } from '../../components/layout'
import { Spinner } from '../../components/progress'
import { toneIcons } from '../../components/state-mark'
import { hrefOf } from '../../router'
import { useNow } from '../../shell/use-now'
import { checkOf, useTokenChecks } from '../../stores/token-checks'
import { errorText } from '../../text/errors'
import { ago, count, counted, percent } from '../../text/format'
import type { Tone } from '../../text/job-words'
import { generalIssues } from './where'

interface CheckedProps {
  readonly plan: Plan
  readonly settings: TrainingSettings
  readonly modelId: ModelId | null
  readonly datasetId: DatasetId | null
  readonly cloud: CloudOptions | null
}

/** What was tried on the real tokenizer and data, and whatever the plan has to say beyond single fields. */
export function CheckedPanel({ plan, settings, modelId, datasetId, cloud }: CheckedProps) {
  const nowMs = useNow(1000)
  const ask = useTokenChecks((state) => state.ask)
  const { maxLength, answersOnly } = settings
  // A service has a tokenizer of its own; what it thinks of the data stands among the issues of the plan.
  const here = cloud?.kind !== 'openai'
  const ready = here && plan.environment.ready
  const question = modelId === null || datasetId === null || !ready ? null : { modelId, datasetId, maxLength, answersOnly }
  const state = useTokenChecks((checks) => checkOf(checks, question))
  useEffect(() => {
    if (modelId !== null && datasetId !== null && ready) ask({ modelId, datasetId, maxLength, answersOnly })
  }, [ask, modelId, datasetId, maxLength, answersOnly, ready])
  const general = generalIssues(plan.issues, cloud)
  return (
    <Panel title="Checked" end={here && state?.kind === 'done' ? `on the real data, ${ago(state.atMs, nowMs)}` : undefined}>
      <ul className="checked">
        {general.map((issue) => (
          <Line key={`${issue.code}${issue.message}`} tone={issue.severity === 'error' ? 'bad' : issue.severity === 'warning' ? 'warn' : 'info'} title={issue.message} />
        ))}
        {state?.kind === 'checking' && (
          <li>
            <Spinner />
            <p>Reading the data with the model's own tokenizer</p>
          </li>
        )}
        {state?.kind === 'failed' && (
          <Line tone="bad" title={errorText(state.error).what} action={<Button size="small" onPress={() => { if (question !== null) ask(question) }}>Try again</Button>}>
            Next: {errorText(state.error).next}
          </Line>
        )}
        {state?.kind === 'done' && <CheckLines check={state.check} maxLength={maxLength} />}
        {!here && general.length === 0 && <Line tone="good" title="Data">fits the rules of the protocol</Line>}
        {!here ? null : ready ? (
          <Line tone="good" title="Environment">{plan.environment.name ?? 'ready'}, verified{cloud === null ? '' : '; the job brings its own'}</Line>
        ) : cloud !== null ? (
          <Line tone="info" title="No environment is ready here">so the tokens are not checked beforehand; the job brings its own</Line>
        ) : (
          <Line tone="bad" title="No environment is ready" action={<a href={hrefOf({ page: 'settings', section: 'environments' })}>Set one up</a>}>
            the token check and the run wait for it
          </Line>
        )}
      </ul>
    </Panel>
  )
}

function CheckLines({ check, maxLength }: { readonly check: TokenCheck; readonly maxLength: number }) {
  if (check.problem !== null) return <Line tone="bad" title="Chat template">{check.problem.message}</Line>
  const none = check.trainedTokens === 0
  return (
    <>
      <Line tone={check.endOfTurnTrained ? 'good' : 'warn'} title="Chat template">
        the model's own; {check.endOfTurnTrained ? 'the end of every answer is trained' : 'the end of an answer is not trained, so it may not know when to stop'}
      </Line>
      <Line tone={none ? 'bad' : 'good'} title="Trained tokens">
        {count(check.trainedTokens)} of {count(check.totalTokens)} ({percent(check.totalTokens === 0 ? 0 : check.trainedTokens / check.totalTokens)}){none ? '; nothing would be learned' : `, ${counted(check.encodedRows, 'row')} read`}
      </Line>
      {check.cutRows > 0 && (
        <Line tone="warn" title={`${counted(check.cutRows, 'row')} ${check.cutRows === 1 ? 'is' : 'are'} longer than ${count(maxLength)} tokens`}>
          the end is cut{check.rowsLosingAnswer > 0 ? `; ${counted(check.rowsLosingAnswer, 'row')} ${check.rowsLosingAnswer === 1 ? 'loses' : 'lose'} part of an answer` : ''}; the longest has {count(check.lengths.max)}
        </Line>
      )}
    </>
  )
}

function Line({ tone, title, children, action }: { readonly tone: Tone; readonly title: string; readonly children?: ReactNode; readonly action?: ReactNode }) {
  const Icon = toneIcons[tone]
  return (
    <li>
      <Icon className={`ink-${tone}`} aria-hidden="true" />
      <p>
        <span className="checked-title">{title}</span> {children !== undefined && <span className="second">{children}</span>}
      </p>
      {action}
    </li>
  )
}
