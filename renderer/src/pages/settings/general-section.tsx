import type { AppSettings } from '../../../../electron/shared/settings'
import { Segmented, Select, Switch } from '../../components/choices'
import { Panel } from '../../components/layout'
import { NumberField } from '../../components/number-field'
import { attempt } from '../../stores/attempt'
import { gpusOf, useHardware } from '../../stores/hardware'
import { useSettings } from '../../stores/settings'
import { SettingLine } from './setting-line'

export function GeneralSection() {
  const { settings, change } = useSettings()
  const gpus = gpusOf(useHardware((state) => state.machine))
  const threads = useHardware((state) => state.machine?.cpu.logicalCores ?? 1024)
  const set = (part: Partial<AppSettings>): void => void attempt(() => change(part))
  return (
    <>
      <Panel title="Look" flush>
        <SettingLine title="Theme" text="System follows the light or dark choice of the desktop.">
          <Segmented<AppSettings['theme']> label="Theme" value={settings.theme} options={[{ value: 'system', label: 'System' }, { value: 'light', label: 'Light' }, { value: 'dark', label: 'Dark' }]} onChange={(theme) => { set({ theme }) }} />
        </SettingLine>
        <SettingLine title="Fold the sidebar" text="Icons only; names become tooltips. It also folds by itself in a narrow window.">
          <Switch label="Fold the sidebar" on={settings.sidebarFolded} onChange={(sidebarFolded) => { set({ sidebarFolded }) }} />
        </SettingLine>
      </Panel>
      <Panel title="While runs go on" flush>
        <SettingLine title="Notify when a run ends" text="With how it ended, also while the window is closed.">
          <Switch label="Notify when a run ends" on={settings.notifyOnEnd} onChange={(notifyOnEnd) => { set({ notifyOnEnd }) }} />
        </SettingLine>
        <SettingLine title="Keep the computer awake" text="Only while a run goes on; the screen may still turn off.">
          <Switch label="Keep the computer awake" on={settings.keepAwake} onChange={(keepAwake) => { set({ keepAwake }) }} />
        </SettingLine>
      </Panel>
      <Panel title="Devices" flush>
        <SettingLine title="CPU threads" text="For runs and answers on the CPU. One thread gives the same numbers every time.">
          <NumberField label="CPU threads" value={settings.cpuThreads} minimum={1} maximum={threads} onChange={(cpuThreads) => { set({ cpuThreads }) }} />
        </SettingLine>
        {gpus.length > 1 && (
          <SettingLine title="Preferred GPU" text="Taken for new runs when it is free.">
            <Select label="Preferred GPU" hideLabel value={settings.preferredGpu ?? 'any'} options={[{ value: 'any', label: 'first free' }, ...gpus.map((gpu) => ({ value: gpu.uuid, label: `${gpu.index}: ${gpu.name}` }))]} onChange={(value) => { set({ preferredGpu: value === 'any' ? null : value }) }} />
          </SettingLine>
        )}
      </Panel>
    </>
  )
}
