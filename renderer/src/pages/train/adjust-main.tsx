import type { DeviceChoice } from '../../../../electron/shared/job-spec'
import { Segmented, Select, Switch } from '../../components/choices'
import { NumberField } from '../../components/number-field'
import { gpusOf, useHardware } from '../../stores/hardware'
import { useDraft } from '../../stores/draft'
import { count, learningRate } from '../../text/format'
import { methodWords, scheduleWords } from '../../text/job-words'
import { shortGpuName } from '../../shell/gpu-readings'
import { SettingGroup, SettingNumber, SettingRow } from './setting-row'
import type { SettingsGroupProps } from './setting-row'

const methods = (['qlora', 'lora', 'full'] as const).map((value) => ({ value, label: methodWords[value] }))
const schedules = (['linear', 'cosine', 'constant', 'constant_with_warmup'] as const).map((value) => ({ value, label: scheduleWords[value] }))

export function MethodSettings({ settings, plan }: SettingsGroupProps) {
  const { chooseMethod, chooseDevice, device, cloud } = useDraft()
  const gpus = gpusOf(useHardware((state) => state.machine))
  const value = device.kind === 'cuda' ? device.gpuUuid : device.kind
  const choose = (key: string): void => {
    const chosen: DeviceChoice = key === 'auto' || key === 'cpu' ? { kind: key } : { kind: 'cuda', gpuUuid: key }
    chooseDevice(chosen)
  }
  return (
    <SettingGroup name="Method">
      <div className="setting-wide">
        <Segmented label="Method" wide value={settings.method} options={methods} onChange={chooseMethod} />
      </div>
      {cloud === null && (
        <SettingRow name="Device" field="device" plan={plan}>
          <Select
            label="Device"
            hideLabel
            value={value}
            options={[{ value: 'auto', label: 'first free' }, ...gpus.map((gpu) => ({ value: gpu.uuid, label: shortGpuName(gpu.name), detail: gpus.length > 1 ? `GPU ${gpu.index}` : '' })), { value: 'cpu', label: 'CPU' }]}
            onChange={choose}
          />
        </SettingRow>
      )}
    </SettingGroup>
  )
}

export function LengthSettings({ settings, plan }: SettingsGroupProps) {
  const change = useDraft((state) => state.change)
  const { length } = settings
  return (
    <SettingGroup name="Length">
      <SettingRow name={length.kind === 'epochs' ? 'Epochs' : 'Steps'} field="length" plan={plan}>
        <span className="setting-pair">
          {length.kind === 'epochs' ? (
            <NumberField label="Epochs" value={length.epochs} minimum={0.1} maximum={1000} decimals={1} step={0.1} onChange={(epochs) => { change({ length: { kind: 'epochs', epochs } }) }} />
          ) : (
            <NumberField label="Steps" value={length.steps} minimum={1} maximum={10_000_000} onChange={(steps) => { change({ length: { kind: 'steps', steps } }) }} />
          )}
          <Segmented
            label="Count in"
            value={length.kind}
            options={[{ value: 'epochs', label: 'ep' }, { value: 'steps', label: 'steps' }]}
            onChange={(kind) => {
              change({ length: kind === 'epochs' ? { kind, epochs: Math.max(0.1, Math.round((plan?.epochs ?? 1) * 10) / 10) } : { kind, steps: Math.max(1, plan?.totalSteps ?? 100) } })
            }}
          />
        </span>
      </SettingRow>
      <SettingRow name="Learning rate" field="learningRate" plan={plan}>
        <SettingNumber label="Learning rate" value={settings.learningRate} minimum={1e-9} maximum={1} format={learningRate} onChange={(value) => { change({ learningRate: value }) }} />
      </SettingRow>
      <SettingRow name="Schedule" field="schedule" plan={plan}>
        <Select label="Schedule" hideLabel value={settings.schedule} options={schedules} onChange={(schedule) => { change({ schedule }) }} />
      </SettingRow>
      <SettingRow name="Warm-up" field="warmupRatio" plan={plan}>
        <NumberField label="Warm-up, percent of all steps" unit="%" value={Math.round(settings.warmupRatio * 1000) / 10} minimum={0} maximum={90} decimals={1} step={0.5} onChange={(value) => { change({ warmupRatio: Math.round(value * 10) / 1000 }) }} />
      </SettingRow>
    </SettingGroup>
  )
}

/** Without FlashAttention packed examples see each other, so the libraries drop it or warn. */
const noPackingOnCpu = 'Not on the CPU: without FlashAttention packed rows would see each other.'

export function BatchSettings({ settings, plan }: SettingsGroupProps) {
  const change = useDraft((state) => state.change)
  const onCpu = plan?.memory.device === 'cpu'
  return (
    <SettingGroup name="Batch">
      <SettingRow name="Micro-batch" field="microBatch" plan={plan}>
        <NumberField label="Micro-batch, rows per forward pass" value={settings.microBatch} minimum={1} maximum={1024} onChange={(microBatch) => { change({ microBatch }) }} />
      </SettingRow>
      <SettingRow name="Accumulation" field="gradientAccumulation" plan={plan} help={`Effective batch ${count(settings.microBatch * settings.gradientAccumulation)}`}>
        <NumberField label="Gradient accumulation" value={settings.gradientAccumulation} minimum={1} maximum={4096} onChange={(gradientAccumulation) => { change({ gradientAccumulation }) }} />
      </SettingRow>
      <SettingRow name="Max length" field="maxLength" plan={plan}>
        <NumberField label="Max length in tokens" unit="tokens" value={settings.maxLength} minimum={16} maximum={1_048_576} onChange={(maxLength) => { change({ maxLength }) }} />
      </SettingRow>
      <SettingRow name="Packing" field="packing" plan={plan} {...(onCpu ? { help: noPackingOnCpu } : {})}>
        <Switch label="Packing" on={settings.packing} disabled={onCpu && !settings.packing} onChange={(packing) => { change({ packing }) }} />
      </SettingRow>
      <SettingRow name="Answers only" field="answersOnly" plan={plan}>
        <Switch label="Answers only" on={settings.answersOnly} onChange={(answersOnly) => { change({ answersOnly }) }} />
      </SettingRow>
    </SettingGroup>
  )
}
