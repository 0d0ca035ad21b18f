import type { CloudOptions } from '../../../../electron/shared/cloud'
import type { ConnectionSummary, TunableBase } from '../../../../electron/shared/connection'
import type { PlanIssue } from '../../../../electron/shared/job'
import type { ModelSummary } from '../../../../electron/shared/model'
import type { Plan } from '../../../../electron/shared/plan'
import type { Option } from '../../components/choices'
import { bytes } from '../../text/format'
import { dateWords, usdRange } from '../../text/money'
import { checkVerdict, describePlace, hostOf } from '../../text/places'

export const thisMachine = 'this-machine'

/** This machine first, then each place with what stands in its way. */
export function whereOptions(places: readonly ConnectionSummary[]): readonly Option<string>[] {
  return [{ value: thisMachine, label: 'This machine' }, ...places.map((place) => ({ value: place.id, label: place.config.name, detail: placeDetail(place) }))]
}

function placeDetail({ config, breaker, check }: ConnectionSummary): string {
  if (breaker.state === 'open') return 'not answering'
  if (check === null) return `${describePlace(config)}, not checked`
  const { tone, word } = checkVerdict(check)
  return tone === 'good' ? describePlace(config) : word.toLowerCase()
}

/** `Team AWS (us-east-1)`. */
export const placeName = ({ config }: ConnectionSummary): string => `${config.name} (${config.kind === 'aws' ? config.region : hostOf(config.baseUrl)})`

/** What starting means: what leaves this computer, where it goes, and what it then costs. */
export function cloudFootText(cloud: NonNullable<Plan['cloud']>, place: ConnectionSummary): string {
  const { quote, uploadBytes } = cloud
  const sends = uploadBytes === null ? `Goes to ${placeName(place)}` : `Sends ${bytes(uploadBytes)} to ${placeName(place)}`
  const costs = quote.lowUsd === null && quote.highUsd === null ? '; what it costs is not known' : `, then costs ${usdRange(quote.lowUsd, quote.highUsd)}`
  return `${sends}${costs}. Closing the window does not stop it.`
}

export const otherBase = 'another base'

export interface BaseOption extends Option<string> {
  /** The model of the list that stands for it, once it was chosen before. */
  readonly model: ModelSummary | null
}

/** What a service can tune: what its check listed, and what was chosen before. A dead base is shown with its reason and cannot be chosen. */
export function baseOptions(bases: readonly TunableBase[], chosen: readonly ModelSummary[]): readonly BaseOption[] {
  const modelOf = (name: string): ModelSummary | null => chosen.find((model) => model.remote?.name === name) ?? null
  const listed = bases.map((base) => ({ value: base.name, label: base.name, detail: baseDetail(base), disabled: base.state === 'gone', model: modelOf(base.name) }))
  const names = new Set(bases.map((base) => base.name))
  const others = chosen.flatMap((model) => (model.remote === null || names.has(model.remote.name) ? [] : [{ value: model.remote.name, label: model.remote.name, ...endOf(model.remote.shutdownDate), model }]))
  return [...listed.filter((option) => !option.disabled), ...others, ...listed.filter((option) => option.disabled)]
}

const endOf = (date: string | null): { readonly detail?: string } => (date === null ? {} : { detail: `until ${dateWords(date)}` })

function baseDetail({ state, shutdownDate, note }: TunableBase): string {
  const date = shutdownDate === null ? null : dateWords(shutdownDate)
  const end = state === 'gone' ? (date === null ? 'gone' : `gone since ${date}`) : state === 'ends-soon' ? (date === null ? 'ends soon' : `ends ${date}`) : date === null ? null : `until ${date}`
  return [end, note].filter((part) => part !== null).join('; ')
}

/** Settings that the script of ours reads; a service that trains with its own reads none of them. */
const shownForService: readonly string[] = ['seed', 'epochs', 'batchSize', 'learningRateMultiplier', 'suffix', 'trainingType']

const nameOfField = (field: string): string => field.replace(/^cloud\./, '')

/** Whether an issue belongs to this field, with or without the options' name before it. */
export const isAbout = (issue: PlanIssue, field: string): boolean => issue.field !== null && nameOfField(issue.field) === field

/** Issues that no knob of the page shows. */
export function generalIssues(issues: readonly PlanIssue[], cloud: CloudOptions | null): readonly PlanIssue[] {
  const hidden = (field: string): boolean => (cloud === null ? false : cloud.kind === 'openai' ? !shownForService.includes(field) : field === 'device' || field === 'connectionId')
  return issues.filter((issue) => issue.field === null || hidden(nameOfField(issue.field)))
}
