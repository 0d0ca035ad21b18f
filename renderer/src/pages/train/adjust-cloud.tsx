import { useState } from 'react'
import type { OpenaiOptions, SagemakerOptions } from '../../../../electron/shared/cloud'
import type { TrainingSettings } from '../../../../electron/shared/job-spec'
import type { Plan } from '../../../../electron/shared/plan'
import { Segmented, Select, Switch } from '../../components/choices'
import { Field } from '../../components/field'
import { NumberField } from '../../components/number-field'
import { useDraft } from '../../stores/draft'
import { number } from '../../text/format'
import { hasOwnDisk } from './machine-panel'
import { FoldedGroup, SettingGroup, SettingNumber, SettingRow, useMark } from './setting-row'
import { isAbout } from './where'

const hour = 3600
const mostHours = 672

/** How the rented machine is used. */
export function MachineSettings({ cloud, plan }: { readonly cloud: SagemakerOptions; readonly plan: Plan | null }) {
  const change = useDraft((state) => state.changeCloud)
  const hours = (seconds: number): number => Math.round((seconds / hour) * 10) / 10
  return (
    <>
      <SettingGroup name="Machine">
        <SettingRow name="Instances" field="instanceCount" plan={plan} {...(cloud.instanceCount > 1 ? { help: 'They train together; the effective batch grows with them.' } : {})}>
          <NumberField label="Instances" value={cloud.instanceCount} minimum={1} maximum={64} onChange={(instanceCount) => { change({ instanceCount }) }} />
        </SettingRow>
        {hasOwnDisk(cloud, plan?.cloud?.proposals ?? []) ? (
          <SettingRow name="Volume" field="volumeGb" plan={plan}><span className="setting-text quiet small">a disk of its own</span></SettingRow>
        ) : (
          <SettingRow name="Volume" field="volumeGb" plan={plan}>
            <NumberField label="Volume in gigabytes" unit="GB" value={cloud.volumeGb} minimum={1} maximum={16_384} onChange={(volumeGb) => { change({ volumeGb }) }} />
          </SettingRow>
        )}
        <SettingRow name="Longest run" field="maxRunSeconds" plan={plan} help="SageMaker ends it then, whatever it does.">
          <NumberField label="Longest run in hours" unit="h" value={hours(cloud.maxRunSeconds)} minimum={0.1} maximum={mostHours} step={0.1} decimals={1} onChange={(value) => { change({ maxRunSeconds: Math.round(value * hour) }) }} />
        </SettingRow>
        <SettingRow name="Spot" field="spot" plan={plan} help="Cheaper, but may be interrupted; it then goes on from its checkpoints.">
          <Switch label="Spot" on={cloud.spot} onChange={(spot) => { change({ spot }) }} />
        </SettingRow>
        {cloud.spot && (
          <SettingRow name="Longest wait" field="maxWaitSeconds" plan={plan} help="Running and waiting together.">
            <NumberField label="Longest wait in hours" unit="h" value={hours(cloud.maxWaitSeconds ?? cloud.maxRunSeconds)} minimum={hours(cloud.maxRunSeconds)} maximum={mostHours} step={0.1} decimals={1} onChange={(value) => { change({ maxWaitSeconds: Math.round(value * hour) }) }} />
          </SettingRow>
        )}
      </SettingGroup>
      <FoldedGroup name="Image and type" words={cloud.imageUri === null ? 'from the table' : 'your own image'} troubled={plan?.issues.some((issue) => issue.severity === 'error' && (isAbout(issue, 'imageUri') || isAbout(issue, 'instanceType') || isAbout(issue, 'hubTokenSecret'))) ?? false}>
        <TypedField name="Instance type" field="instanceType" plan={plan} value={cloud.instanceType} pattern={/^ml\.[a-z0-9-]+\.[a-z0-9]+$/} right="A type such as ml.g6e.2xlarge." most={64} onChange={(instanceType) => { change({ instanceType }) }} />
        <TypedField name="Image" field="imageUri" plan={plan} value={cloud.imageUri ?? ''} optional right="The address of a container image, at most 255 characters." help="Empty: the one from the table for this region." most={255} onChange={(text) => { change({ imageUri: text === '' ? null : text }) }} />
        <TypedField name="Secret with a hub token" field="hubTokenSecret" plan={plan} value={cloud.hubTokenSecret ?? ''} optional right="The name of a secret, at most 512 characters." help="In AWS Secrets Manager, for a gated base that the container fetches itself." most={512} onChange={(text) => { change({ hubTokenSecret: text === '' ? null : text }) }} />
      </FoldedGroup>
    </>
  )
}

interface TypedFieldProps {
  readonly name: string
  readonly field: 'instanceType' | 'imageUri' | 'hubTokenSecret'
  readonly plan: Plan | null
  readonly value: string
  readonly right: string
  readonly most: number
  readonly help?: string
  readonly optional?: boolean
  readonly pattern?: RegExp
  onChange(text: string): void
}

/** A text that counts once it is right; until then the last right one stays, and nothing starts. */
function TypedField({ name, field, plan, value, right, most, help, optional = false, pattern, onChange }: TypedFieldProps) {
  const [edit, setEdit] = useState<{ readonly text: string; readonly value: string } | null>(null)
  const text = edit !== null && edit.value === value ? edit.text : value
  const isRight = (typed: string): boolean => (typed === '' ? optional : typed.length <= most && !/\s/.test(typed) && (pattern?.test(typed) ?? true))
  const wrong = !isRight(text.trim())
  useMark(name, wrong)
  const issue = plan?.issues.find((one) => one.severity === 'error' && isAbout(one, field))?.message ?? null
  return (
    <div className="setting-typed">
      <Field
        label={name}
        mono
        value={text}
        {...(help === undefined ? {} : { help })}
        error={wrong ? right : issue}
        onChange={(typed) => {
          const good = isRight(typed.trim())
          setEdit({ text: typed, value: good ? typed.trim() : value })
          if (good) onChange(typed.trim())
        }}
      />
    </div>
  )
}

const trainingTypes = [{ value: 'standard', label: 'standard' }, { value: 'globalStandard', label: 'global standard' }, { value: 'developerTier', label: 'developer tier' }] as const

/** The knobs that the OpenAI protocol has; the service chooses what is left to it. */
export function ServiceSettings({ cloud, settings, plan, isAzure }: { readonly cloud: OpenaiOptions; readonly settings: TrainingSettings; readonly plan: Plan | null; readonly isAzure: boolean }) {
  const { change, changeCloud } = useDraft()
  return (
    <SettingGroup name="At the service">
      <AutoRow name="Epochs" field="epochs" plan={plan} value={cloud.epochs} first={3} onChange={(epochs) => { changeCloud({ epochs }) }}>
        {(value, set) => <NumberField label="Epochs" value={value} minimum={1} maximum={50} onChange={set} />}
      </AutoRow>
      <AutoRow name="Batch size" field="batchSize" plan={plan} value={cloud.batchSize} first={8} onChange={(batchSize) => { changeCloud({ batchSize }) }}>
        {(value, set) => <NumberField label="Batch size" value={value} minimum={1} maximum={256} onChange={set} />}
      </AutoRow>
      <AutoRow name="Rate multiplier" field="learningRateMultiplier" plan={plan} value={cloud.learningRateMultiplier} first={1} onChange={(learningRateMultiplier) => { changeCloud({ learningRateMultiplier }) }}>
        {(value, set) => <SettingNumber label="Learning rate multiplier" value={value} minimum={0.0001} maximum={100} format={(shown) => number(shown, 4)} onChange={set} />}
      </AutoRow>
      <p className="help">Auto leaves the choice to the service; the quote then covers what it usually takes.</p>
      {isAzure && (
        <SettingRow name="Training type" field="trainingType" plan={plan} wide help="Global standard may train in any region; developer tier is cheapest and may be interrupted.">
          <Select label="Training type" hideLabel value={cloud.trainingType} options={trainingTypes} onChange={(trainingType) => { changeCloud({ trainingType }) }} />
        </SettingRow>
      )}
      <SettingRow name="Seed" field="seed" plan={plan}>
        <NumberField label="Seed" grouped={false} value={settings.seed} minimum={0} maximum={2_147_483_647} onChange={(seed) => { change({ seed }) }} />
      </SettingRow>
      <div className="setting-typed">
        <Field label="Suffix" maxLength={64} value={cloud.suffix ?? ''} placeholder="support" help="Becomes part of the tuned model's name." onChange={(text) => { changeCloud({ suffix: text.trim() === '' ? null : text.trim() }) }} />
      </div>
    </SettingGroup>
  )
}

interface AutoRowProps {
  readonly name: string
  readonly field: 'epochs' | 'batchSize' | 'learningRateMultiplier'
  readonly plan: Plan | null
  readonly value: number | 'auto'
  /** Where a number of one's own begins. */
  readonly first: number
  readonly children: (value: number, set: (value: number) => void) => React.ReactNode
  onChange(value: number | 'auto'): void
}

/** `auto`, or a number of one's own. */
function AutoRow({ name, field, plan, value, first, children, onChange }: AutoRowProps) {
  return (
    <SettingRow name={name} field={field} plan={plan} wide>
      <span className="setting-auto">
        <Segmented label={`${name}: chosen by`} value={value === 'auto' ? 'auto' : 'own'} options={[{ value: 'auto', label: 'auto' }, { value: 'own', label: 'own' }]} onChange={(kind) => { onChange(kind === 'auto' ? 'auto' : first) }} />
        {value === 'auto' ? <span className="quiet small">by the service</span> : children(value, onChange)}
      </span>
    </SettingRow>
  )
}
