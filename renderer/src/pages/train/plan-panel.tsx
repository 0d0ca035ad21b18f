import { Database, Eye, Layers, Star } from 'lucide-react'
import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import type { TrainingSettings } from '../../../../electron/shared/job-spec'
import type { Plan } from '../../../../electron/shared/plan'
import { Panel } from '../../components/layout'
import { count, counted, learningRate, parameters, percent, times } from '../../text/format'
import { scheduleWords } from '../../text/job-words'

/** The plan in sentences. */
export function PlanPanel({ plan, settings, modelName, reasons }: { readonly plan: Plan; readonly settings: TrainingSettings; readonly modelName: string; readonly reasons: readonly string[] }) {
  return (
    <Panel title="The plan">
      <ul className="sentences">
        <Sentence icon={Layers}>
          <Method plan={plan} settings={settings} modelName={modelName} />
        </Sentence>
        <Sentence icon={Database}>
          Reads <b>{counted(plan.trainRows, 'row')} {times(plan.epochs)}</b>: {counted(plan.totalSteps, 'step')} of {plan.effectiveBatch}. {plan.evalRows > 0 ? `${counted(plan.evalRows, 'row')} ${plan.evalRows === 1 ? 'measures' : 'measure'}.` : 'No row is left to measure with.'}
        </Sentence>
        <Sentence icon={Eye}>
          Learns from <b>{settings.answersOnly ? 'answers only' : 'every token'}</b>. Learning rate <b>{learningRate(settings.learningRate)}</b>, {scheduleWords[settings.schedule]}
          {plan.warmupSteps > 0 ? `, ${counted(plan.warmupSteps, 'warm-up step')}` : ''}.
        </Sentence>
        <Sentence icon={Star}>
          {settings.evaluateEverySteps > 0 && plan.evalRows > 0 ? `Measures every ${counted(settings.evaluateEverySteps, 'step')}. ` : 'Does not measure while it runs. '}
          {settings.checkpointEverySteps > 0 ? (
            <>Saves every {counted(settings.checkpointEverySteps, 'step')} and keeps <b>{settings.keepCheckpoints === 1 ? 'one checkpoint' : `the best and the newest, ${count(settings.keepCheckpoints)} in all`}</b>.</>
          ) : (
            'Saves at the end only.'
          )}
        </Sentence>
      </ul>
      {reasons.length > 0 && (
        <details className="reasons">
          <summary>Why these settings</summary>
          <ul>
            {reasons.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        </details>
      )}
    </Panel>
  )
}

/** A number and its unit on one line. */
const together = (text: string): string => text.replaceAll(' ', '\u00a0')

function Method({ plan, settings, modelName }: { readonly plan: Plan; readonly settings: TrainingSettings; readonly modelName: string }) {
  const { trainableParameters: trained, totalParameters: total } = plan
  const share = trained === null || total === null || total === 0 ? '' : ` ${together(parameters(trained))} of ${together(parameters(total))} parameters learn (${percent(trained / total, trained / total < 0.1 ? 2 : 1)}).`
  if (settings.method === 'full') return <>Trains <b>every weight</b> of {modelName}; the result is a whole model.{share}</>
  return (
    <>
      Trains a small <b>adapter of rank {settings.rank}</b> on top of {modelName}. The base stays as it is{settings.method === 'qlora' ? <>, loaded in <b>4-bit (QLoRA)</b></> : ''}.{share}
    </>
  )
}

/** A sentence of a plan with its sign. */
export function Sentence({ icon: Icon, children }: { readonly icon: LucideIcon; readonly children: ReactNode }) {
  return (
    <li>
      <Icon aria-hidden="true" />
      <p>{children}</p>
    </li>
  )
}
