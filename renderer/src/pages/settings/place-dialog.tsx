import { useState } from 'react'
import { Disclosure, DisclosurePanel, Heading, Button as AriaButton } from 'react-aria-components'
import { ChevronRight } from 'lucide-react'
import type { ConnectionSummary } from '../../../../electron/shared/connection'
import type { ConnectionId } from '../../../../electron/shared/ids'
import { request } from '../../bridge'
import { Button } from '../../components/button'
import { Segmented, Switch } from '../../components/choices'
import { Dialog } from '../../components/dialog'
import { Field } from '../../components/field'
import { Notice } from '../../components/notice'
import { attempt } from '../../stores/attempt'
import { toast } from '../../stores/ui'
import { dateWords } from '../../text/money'
import { isOpenLine, openaiEnd, openaiLastJobs } from '../../text/places'
import { saveKey } from './place-key'
import { emptyPlace, fieldsOf, openaiAddress, readPlace } from './place-form'
import type { AwsFields, OpenaiFields, PlaceFields, Problems } from './place-form'

/** Adds a place of this kind, or changes one. Nothing is asked of the place here; that is what Check is for. */
export function PlaceDialog({ kind, place, onClose }: { readonly kind: PlaceFields['kind']; readonly place: ConnectionSummary | null; onClose(): void }) {
  const [fields, setFields] = useState<PlaceFields>(() => (place === null ? emptyPlace(kind) : fieldsOf(place.config)))
  const [key, setKey] = useState('')
  const [tried, setTried] = useState(false)
  const [busy, setBusy] = useState(false)
  // Once it is added, another try changes that one: the key may have failed where the place did not.
  const [addedId, setAddedId] = useState<ConnectionId | null>(null)
  const read = readPlace(fields)
  const problems: Problems = 'problems' in read ? read.problems : {}
  const save = (): void => {
    setTried(true)
    if ('problems' in read || busy) return
    setBusy(true)
    void attempt(async () => {
      const id = await store(addedId ?? place?.id ?? null, read.config)
      setAddedId(id)
      if (key.trim() !== '') await saveKey(id, key)
      toast({ title: place === null ? `${read.config.name} added` : `${read.config.name} saved`, detail: 'Nothing was asked of it yet. Next: Check says what is missing.', tone: 'good' })
      onClose()
    }).then(() => { setBusy(false) })
  }
  // A field that nobody has touched yet is empty, not wrong.
  const errorOf = (name: keyof Problems, value: string): string | null => (tried || value.trim() !== '' ? (problems[name] ?? null) : null)
  return (
    <Dialog
      title={place === null ? (kind === 'aws' ? 'Add an AWS account' : 'Add an OpenAI-protocol service') : `Edit ${place.config.name}`}
      form
      wide
      onClose={onClose}
      actions={
        <>
          {tried && 'problems' in read && <span className="small ink-bad grow" role="alert">Correct the marked fields first.</span>}
          <Button onPress={onClose}>Cancel</Button>
          <Button look="primary" disabled={busy} onPress={save}>{place === null ? 'Add place' : 'Save place'}</Button>
        </>
      }
    >
      {fields.kind === 'aws' ? (
        <AwsForm fields={fields} errorOf={errorOf} onChange={(part) => { setFields({ ...fields, ...part }) }} />
      ) : (
        <OpenaiForm fields={fields} errorOf={errorOf} isNew={place === null} keyText={key} onKey={setKey} onChange={(part) => { setFields({ ...fields, ...part }) }} />
      )}
    </Dialog>
  )
}

async function store(id: ConnectionId | null, config: ConnectionSummary['config']): Promise<ConnectionId> {
  if (id === null) return (await request('connections.add', config)).connectionId
  await request('connections.change', { connectionId: id, config })
  return id
}

type ErrorOf = (name: keyof Problems, value: string) => string | null

function AwsForm({ fields, errorOf, onChange }: { readonly fields: AwsFields; readonly errorOf: ErrorOf; onChange(part: Partial<AwsFields>): void }) {
  const special = errorOf('kmsKeyArn', fields.kmsKeyArn) !== null || errorOf('subnetIds', fields.subnetIds) !== null || errorOf('securityGroupIds', fields.securityGroupIds) !== null || errorOf('tags', fields.tags) !== null
  return (
    <>
      <div className="place-fields">
        <Field label="Name" value={fields.name} maxLength={60} autoFocus error={errorOf('name', fields.name)} onChange={(name) => { onChange({ name }) }} />
        <Field label="Region" mono value={fields.region} error={errorOf('region', fields.region)} onChange={(region) => { onChange({ region }) }} />
        <Field label="Profile" mono value={fields.profile} placeholder="default credentials" help="A profile of ~/.aws, SSO and assumed roles included. Empty: what AWS tools find by themselves." error={errorOf('profile', fields.profile)} onChange={(profile) => { onChange({ profile }) }} />
        <Field label="Role of the jobs" mono value={fields.roleArn} placeholder="arn:aws:iam::123456789012:role/…" help="SageMaker takes it on while a job runs." error={errorOf('roleArn', fields.roleArn)} onChange={(roleArn) => { onChange({ roleArn }) }} />
        <Field label="Bucket" mono value={fields.bucket} help="Data, code and results lie here." error={errorOf('bucket', fields.bucket)} onChange={(bucket) => { onChange({ bucket }) }} />
        <Field label="Folder in the bucket" mono value={fields.prefix} help="Empty: the bucket itself." error={errorOf('prefix', fields.prefix)} onChange={(prefix) => { onChange({ prefix }) }} />
      </div>
      <Fold title="Key, network, tags" open={special}>
        <div className="place-fields">
          <Field label="KMS key" mono value={fields.kmsKeyArn} help="Empty: the key that AWS keeps." error={errorOf('kmsKeyArn', fields.kmsKeyArn)} onChange={(kmsKeyArn) => { onChange({ kmsKeyArn }) }} />
          <div className="field">
            <Switch label="Containers reach PyPI" on={fields.reachesPypi} onChange={(reachesPypi) => { onChange({ reachesPypi }) }}>Containers reach PyPI</Switch>
            <span className="help">Off: our pinned wheels are sent along, for accounts without a way out.</span>
          </div>
          <Field label="Subnets" mono value={fields.subnetIds} help="Only for a network of your own." error={errorOf('subnetIds', fields.subnetIds)} onChange={(subnetIds) => { onChange({ subnetIds }) }} />
          <Field label="Security groups" mono value={fields.securityGroupIds} help="Together with subnets." error={errorOf('securityGroupIds', fields.securityGroupIds)} onChange={(securityGroupIds) => { onChange({ securityGroupIds }) }} />
        </div>
        <Field label="Tags" mono lines={3} value={fields.tags} placeholder="team=support" help="One a line, on every job; key=value." error={errorOf('tags', fields.tags)} onChange={(tags) => { onChange({ tags }) }} />
      </Fold>
      <p className="help">The app keeps no AWS key: it uses the login of this computer. docs/cloud.md has the smallest policy that works.</p>
    </>
  )
}

const presetNames = { azure: 'Azure', openai: 'OpenAI', custom: 'Service' } as const
const presets = [{ value: 'azure', label: 'Azure or Foundry' }, { value: 'openai', label: 'OpenAI' }, { value: 'custom', label: 'Another address' }] as const

interface OpenaiFormProps {
  readonly fields: OpenaiFields
  readonly errorOf: ErrorOf
  readonly isNew: boolean
  readonly keyText: string
  onKey(key: string): void
  onChange(part: Partial<OpenaiFields>): void
}

function OpenaiForm({ fields, errorOf, isNew, keyText, onKey, onChange }: OpenaiFormProps) {
  const { preset } = fields
  const named = Object.values<string>(presetNames).includes(fields.name) || fields.name.trim() === ''
  const oddEnd = fields.baseUrl.trim() !== '' && errorOf('baseUrl', fields.baseUrl) === null && !/\/v\d+\/?$/.test(fields.baseUrl.trim())
  return (
    <>
      <div className="field">
        <span className="label" aria-hidden="true">Service</span>
        <Segmented label="Service" wide value={preset} options={presets} onChange={(next) => { onChange({ preset: next, ...(named ? { name: presetNames[next] } : {}), ...(fields.baseUrl === openaiAddress ? { baseUrl: '' } : {}) }) }} />
      </div>
      {preset === 'openai' && (
        <Notice tone="warn" title="OpenAI ends fine-tuning.">
          No new jobs from {dateWords(openaiLastJobs)}; tuned models stop to answer with their bases, the last on {dateWords(openaiEnd)}.
        </Notice>
      )}
      <div className="place-fields">
        <Field label="Name" value={fields.name} maxLength={60} error={errorOf('name', fields.name)} onChange={(name) => { onChange({ name }) }} />
        {preset === 'openai' ? (
          <div className="field">
            <span className="label">Address</span>
            <span className="place-address mono small">{openaiAddress}</span>
          </div>
        ) : (
          <Field
            label="Address"
            mono
            value={fields.baseUrl}
            placeholder={preset === 'azure' ? 'https://my-resource.openai.azure.com/openai/v1' : 'https://host/v1'}
            help="Up to and with /v1."
            error={errorOf('baseUrl', fields.baseUrl)}
            warning={oddEnd ? 'Most services answer under an address that ends in /v1.' : null}
            onChange={(baseUrl) => { onChange({ baseUrl }) }}
          />
        )}
        {isNew && <Field label="Key" secret mono maxLength={500} value={keyText} help="Sealed with the system's keyring and never shown again. Some services of your own need none." onChange={onKey} />}
        {preset !== 'azure' && <Field label="Organisation" mono value={fields.organization} help="Only when the key belongs to several." error={errorOf('organization', fields.organization)} onChange={(organization) => { onChange({ organization }) }} />}
        {preset !== 'azure' && <Field label="Project" mono value={fields.project} error={errorOf('project', fields.project)} onChange={(project) => { onChange({ project }) }} />}
      </div>
      {preset !== 'openai' && isOpenLine(fields.baseUrl.trim()) && (
        <Notice tone="warn" title="This address is not encrypted.">The key and the data can be read on the way. Use https, or an address of this computer.</Notice>
      )}
      {preset === 'azure' && <p className="help">A tuned model answers only after it is deployed in the Azure portal; the app then asks it by the name of its deployment.</p>}
    </>
  )
}

function Fold({ title, open, children }: { readonly title: string; readonly open: boolean; readonly children: React.ReactNode }) {
  const [wanted, setWanted] = useState(false)
  return (
    <Disclosure className="place-fold" isExpanded={wanted || open} onExpandedChange={setWanted}>
      <Heading level={3}>
        <AriaButton slot="trigger" className="place-fold-head"><ChevronRight aria-hidden="true" />{title}</AriaButton>
      </Heading>
      <DisclosurePanel className="stack">{children}</DisclosurePanel>
    </Disclosure>
  )
}
