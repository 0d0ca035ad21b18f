import { CircleCheck, CircleX } from 'lucide-react'
import type { EnvironmentStep, EnvironmentStepState } from '../../../electron/shared/environment'
import { duration } from '../text/format'
import { Progress, Spinner } from './progress'

export const stepWords: Readonly<Record<EnvironmentStep, string>> = {
  'find-python': 'Find Python',
  'choose-build': 'Choose the torch build',
  create: 'Create the environment',
  'install-torch': 'Install torch',
  'install-packages': 'Install the other packages',
  verify: 'Verify',
}

/** The steps of a set-up: done, running with progress, failed, waiting. */
export function EnvironmentSteps({ steps }: { readonly steps: readonly EnvironmentStepState[] }) {
  return (
    <ol className="set-up-steps">
      {steps.map((step, index) => (
        <li key={step.step} className={`set-up-${step.state}`}>
          <StepMark state={step.state} place={index + 1} />
          <div className="grow">
            <div className="row">
              <span className={step.state === 'waiting' ? 'second' : 'medium'}>{stepWords[step.step]}</span>
              <span className="quiet small cut grow" title={step.detail}>{step.detail}</span>
              {step.durationMs !== null && <span className="quiet small">{duration(step.durationMs / 1000)}</span>}
            </div>
            {step.state === 'running' && step.doneRatio !== null && <Progress label={stepWords[step.step]} ratio={step.doneRatio} />}
          </div>
        </li>
      ))}
    </ol>
  )
}

function StepMark({ state, place }: { readonly state: EnvironmentStepState['state']; readonly place: number }) {
  if (state === 'done') return <CircleCheck className="ink-good" role="img" aria-label="done" />
  if (state === 'failed') return <CircleX className="ink-bad" role="img" aria-label="failed" />
  if (state === 'running') return <Spinner />
  return <span className="set-up-place" aria-hidden="true">{place}</span>
}
