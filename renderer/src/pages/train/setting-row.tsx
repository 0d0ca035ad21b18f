import { ChevronRight } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { ReactNode } from 'react'
import { Button, Disclosure, DisclosurePanel, Heading } from 'react-aria-components'
import type { OpenaiOptions, SagemakerOptions } from '../../../../electron/shared/cloud'
import type { TrainingSettings } from '../../../../electron/shared/job-spec'
import type { Plan } from '../../../../electron/shared/plan'
import { ScientificField } from '../../components/number-field'
import type { ScientificFieldProps } from '../../components/number-field'
import { useDraft } from '../../stores/draft'
import { isAbout } from './where'

export interface SettingsGroupProps {
  readonly settings: TrainingSettings
  readonly plan: Plan | null
}

/** Options of a job that runs elsewhere. */
export type CloudField = keyof SagemakerOptions | keyof OpenaiOptions

const isSetting = (field: string, settings: TrainingSettings): field is keyof TrainingSettings => field in settings

/** One knob: its name, a dot when it differs from the default, the control, and what the plan says about it. */
export function SettingRow({ name, field, plan, help, wide = false, children }: { readonly name: string; readonly field: keyof TrainingSettings | CloudField | 'device'; readonly plan: Plan | null; readonly help?: ReactNode; readonly wide?: boolean; readonly children: ReactNode }) {
  const changed = useDraft(({ settings, defaults }) => settings !== null && defaults !== null && isSetting(field, settings) && JSON.stringify(settings[field]) !== JSON.stringify(defaults[field]))
  const issues = plan?.issues.filter((issue) => isAbout(issue, field)) ?? []
  return (
    <div className={`setting${wide ? ' setting-broad' : ''}`} role="group" aria-label={name}>
      <span className="setting-name">
        {changed && <span className="setting-dot" role="img" aria-label="changed" />}
        {name}
      </span>
      {children}
      {issues.map((issue) => (
        <p key={issue.code} className={`help ${issue.severity === 'error' ? 'help-bad' : issue.severity === 'warning' ? 'help-warn' : ''}`} role={issue.severity === 'error' ? 'alert' : undefined}>
          {issue.message}
        </p>
      ))}
      {help !== undefined && <p className="help">{help}</p>}
    </div>
  )
}

/** Holds the start while the text of this field is no value: the last right one would be taken in its place. */
export function useMark(name: string, wrong: boolean): void {
  const mark = useDraft((state) => state.mark)
  useEffect(() => {
    if (!wrong) return
    mark(name, true)
    return () => { mark(name, false) }
  }, [name, wrong, mark])
}

/** A number written as `2e-4`, which holds the start while it is none. */
export function SettingNumber(props: Omit<ScientificFieldProps, 'onWrong'>) {
  const [wrong, setWrong] = useState(false)
  useMark(props.label, wrong)
  return <ScientificField {...props} onWrong={setWrong} />
}

/** A named group of knobs that is always open. */
export function SettingGroup({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <section className="setting-group" aria-label={name}>
      <h3>{name}</h3>
      {children}
    </section>
  )
}

/** A group that opens; closed it says its values in words. */
export function FoldedGroup({ name, words, troubled, children }: { readonly name: string; readonly words: string; readonly troubled: boolean; readonly children: ReactNode }) {
  const [open, setOpen] = useState(false)
  return (
    <Disclosure className="setting-fold" isExpanded={open || troubled} onExpandedChange={setOpen}>
      <Heading level={3}>
        <Button slot="trigger" className="setting-fold-head">
          <ChevronRight aria-hidden="true" />
          {name}
          <span className="quiet cut">{words}</span>
        </Button>
      </Heading>
      <DisclosurePanel className="setting-fold-body">{children}</DisclosurePanel>
    </Disclosure>
  )
}

/** Whether the plan complains about any of these fields: then their group is open. */
export const troubled = (plan: Plan | null, fields: readonly (keyof TrainingSettings)[]): boolean =>
  plan?.issues.some((issue) => issue.severity === 'error' && fields.some((field) => field === issue.field)) ?? false
