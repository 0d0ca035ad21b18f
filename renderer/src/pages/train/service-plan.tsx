import { Database, Layers, SlidersHorizontal } from 'lucide-react'
import type { OpenaiOptions } from '../../../../electron/shared/cloud'
import type { Plan } from '../../../../electron/shared/plan'
import { Panel } from '../../components/layout'
import { counted, number } from '../../text/format'
import { Sentence } from './plan-panel'

/** What is known of a run whose script is the service's own, in sentences. */
export function ServicePlan({ plan, cloud, modelName }: { readonly plan: Plan; readonly cloud: OpenaiOptions; readonly modelName: string }) {
  const own = [
    cloud.batchSize === 'auto' ? null : `batches of ${cloud.batchSize}`,
    cloud.learningRateMultiplier === 'auto' ? null : `its usual learning rate times ${number(cloud.learningRateMultiplier, 4)}`,
  ].filter((part) => part !== null)
  return (
    <Panel title="The plan">
      <ul className="sentences">
        <Sentence icon={Layers}>The service tunes <b>{modelName}</b> and keeps the result; it answers there, and here in comparisons, never as a file.</Sentence>
        <Sentence icon={Database}>
          Reads <b>{counted(plan.trainRows, 'row')} {cloud.epochs === 'auto' ? 'as often as the service finds right' : counted(cloud.epochs, 'time')}</b>. {plan.evalRows > 0 ? `${counted(plan.evalRows, 'row')} ${plan.evalRows === 1 ? 'measures' : 'measure'}.` : 'No row is left to measure with.'}
        </Sentence>
        <Sentence icon={SlidersHorizontal}>{own.length === 0 ? 'Batch size and learning rate are chosen by the service.' : `Takes ${own.join(' and ')}.`}</Sentence>
      </ul>
    </Panel>
  )
}
