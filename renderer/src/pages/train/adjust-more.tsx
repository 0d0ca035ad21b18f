import { useState } from 'react'
import { Select, StopSlider, Switch } from '../../components/choices'
import { Field } from '../../components/field'
import { NumberField } from '../../components/number-field'
import { useDraft } from '../../stores/draft'
import { count, counted, learningRate, number } from '../../text/format'
import { FoldedGroup, SettingGroup, SettingNumber, SettingRow, troubled, useMark } from './setting-row'
import type { SettingsGroupProps } from './setting-row'

const ranks = [4, 8, 16, 32, 64, 128, 256]
const alphas = [4, 8, 16, 32, 64, 128, 256, 512]
const attention = ['q_proj', 'k_proj', 'v_proj', 'o_proj']

export function AdapterSettings({ settings, plan }: SettingsGroupProps) {
  const change = useDraft((state) => state.change)
  return (
    <SettingGroup name="Adapter">
      <SettingRow name="Rank" field="rank" plan={plan}>
        <StopSlider label="Rank" stops={ranks} value={settings.rank} onChange={(rank) => { change({ rank }) }} />
      </SettingRow>
      <SettingRow name="Alpha" field="alpha" plan={plan}>
        <StopSlider label="Alpha" stops={alphas} value={settings.alpha} onChange={(alpha) => { change({ alpha }) }} />
      </SettingRow>
      <SettingRow name="Dropout" field="dropout" plan={plan}>
        <NumberField label="Dropout" value={settings.dropout} minimum={0} maximum={0.9} step={0.01} decimals={2} onChange={(dropout) => { change({ dropout }) }} />
      </SettingRow>
      <TargetModules settings={settings} plan={plan} />
    </SettingGroup>
  )
}

function TargetModules({ settings, plan }: SettingsGroupProps) {
  const change = useDraft((state) => state.change)
  const { targetModules } = settings
  const kind = targetModules === 'all-linear' ? 'all' : targetModules.join() === attention.join() ? 'attention' : 'own'
  const [text, setText] = useState(targetModules === 'all-linear' ? '' : targetModules.join(', '))
  const names = text.split(/[\s,]+/).filter((name) => name !== '')
  const wrong = kind === 'own' && (names.length === 0 || names.length > 32 || names.some((name) => !/^[A-Za-z0-9_.]{1,64}$/.test(name)))
  useMark('Target modules', wrong)
  return (
    <>
      <SettingRow name="Target modules" field="targetModules" plan={plan}>
        <Select
          label="Target modules"
          hideLabel
          value={kind}
          options={[{ value: 'all', label: 'all linear' }, { value: 'attention', label: 'attention' }, { value: 'own', label: 'by name' }]}
          onChange={(value) => {
            const own = value === 'all' ? ['q_proj', 'v_proj'] : attention
            if (value === 'own') setText(own.slice(0, 2).join(', '))
            change({ targetModules: value === 'all' ? 'all-linear' : value === 'attention' ? attention : own.slice(0, 2) })
          }}
        />
      </SettingRow>
      {kind === 'own' && (
        <div className="setting-wide">
          <Field
            label="Names of the modules"
            hideLabel
            mono
            value={text}
            error={wrong ? 'Names with letters, digits, dots and underscores, separated by commas; at most 32.' : null}
            onChange={(value) => {
              setText(value)
              const typed = value.split(/[\s,]+/).filter((name) => name !== '')
              if (typed.length > 0 && typed.length <= 32 && typed.every((name) => /^[A-Za-z0-9_.]{1,64}$/.test(name))) change({ targetModules: typed })
            }}
          />
        </div>
      )}
    </>
  )
}

export function MemorySettings({ settings, plan }: SettingsGroupProps) {
  const { change, chooseMethod } = useDraft()
  const fourBit = settings.method === 'qlora'
  const words = [fourBit ? '4-bit' : '16-bit', settings.gradientCheckpointing ? 'checkpointing' : 'no checkpointing'].join(', ')
  return (
    <FoldedGroup name="Memory" words={words} troubled={troubled(plan, ['method', 'gradientCheckpointing'])}>
      <SettingRow name="4-bit base" field="method" plan={plan} {...(settings.method === 'full' ? { help: 'A full fine-tune needs all weights as they are.' } : {})}>
        <Switch label="4-bit base" on={fourBit} disabled={settings.method === 'full'} onChange={(on) => { chooseMethod(on ? 'qlora' : 'lora') }} />
      </SettingRow>
      <SettingRow name="Gradient checkpointing" field="gradientCheckpointing" plan={plan} help="Less memory, about a third more time.">
        <Switch label="Gradient checkpointing" on={settings.gradientCheckpointing} onChange={(gradientCheckpointing) => { change({ gradientCheckpointing }) }} />
      </SettingRow>
    </FoldedGroup>
  )
}

export function EvaluationSettings({ settings, plan }: SettingsGroupProps) {
  const change = useDraft((state) => state.change)
  const words = settings.evaluateEverySteps === 0 ? 'none' : `every ${counted(settings.evaluateEverySteps, 'step')}`
  return (
    <FoldedGroup name="Evaluation" words={words} troubled={troubled(plan, ['evaluateEverySteps', 'logEverySteps'])}>
      <SettingRow name="Every" field="evaluateEverySteps" plan={plan} help="0: none while it runs.">
        <NumberField label="Steps between evaluations" unit="steps" value={settings.evaluateEverySteps} minimum={0} maximum={1_000_000} onChange={(evaluateEverySteps) => { change({ evaluateEverySteps }) }} />
      </SettingRow>
      <SettingRow name="Log every" field="logEverySteps" plan={plan}>
        <NumberField label="Steps between logged values" unit="steps" value={settings.logEverySteps} minimum={1} maximum={10_000} onChange={(logEverySteps) => { change({ logEverySteps }) }} />
      </SettingRow>
    </FoldedGroup>
  )
}

export function CheckpointSettings({ settings, plan }: SettingsGroupProps) {
  const change = useDraft((state) => state.change)
  const words = settings.checkpointEverySteps === 0 ? 'at the end only' : `every ${count(settings.checkpointEverySteps)}, keep ${count(settings.keepCheckpoints)}`
  return (
    <FoldedGroup name="Checkpoints" words={words} troubled={troubled(plan, ['checkpointEverySteps', 'keepCheckpoints'])}>
      <SettingRow name="Every" field="checkpointEverySteps" plan={plan} help="0: only at the end.">
        <NumberField label="Steps between checkpoints" unit="steps" value={settings.checkpointEverySteps} minimum={0} maximum={1_000_000} onChange={(checkpointEverySteps) => { change({ checkpointEverySteps }) }} />
      </SettingRow>
      <SettingRow name="Keep" field="keepCheckpoints" plan={plan}>
        <NumberField label="Checkpoints to keep" value={settings.keepCheckpoints} minimum={1} maximum={1000} onChange={(keepCheckpoints) => { change({ keepCheckpoints }) }} />
      </SettingRow>
    </FoldedGroup>
  )
}

export function RepeatSettings({ settings, plan }: SettingsGroupProps) {
  const change = useDraft((state) => state.change)
  return (
    <FoldedGroup name="Repeat" words={`seed ${settings.seed}, decay ${number(settings.weightDecay, 4)}`} troubled={troubled(plan, ['seed', 'weightDecay', 'maxGradNorm'])}>
      <SettingRow name="Seed" field="seed" plan={plan}>
        <NumberField label="Seed" grouped={false} value={settings.seed} minimum={0} maximum={2_147_483_647} onChange={(seed) => { change({ seed }) }} />
      </SettingRow>
      <SettingRow name="Weight decay" field="weightDecay" plan={plan}>
        <SettingNumber label="Weight decay" value={settings.weightDecay} minimum={0} maximum={1} format={plain} onChange={(weightDecay) => { change({ weightDecay }) }} />
      </SettingRow>
      <SettingRow name="Gradient clipping" field="maxGradNorm" plan={plan} help="Largest gradient norm; 0: no clipping.">
        <SettingNumber label="Largest gradient norm" value={settings.maxGradNorm} minimum={0} maximum={1000} format={plain} onChange={(maxGradNorm) => { change({ maxGradNorm }) }} />
      </SettingRow>
    </FoldedGroup>
  )
}

const plain = (value: number): string => (value !== 0 && value < 0.001 ? learningRate(value) : number(value, 4))
