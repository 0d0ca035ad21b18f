import { Cloud, Pencil, Server, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { ConnectionCheck, ConnectionSummary } from '../../../../electron/shared/connection'
import { request } from '../../bridge'
import { Button } from '../../components/button'
import { KeyValue } from '../../components/layout'
import { Notice } from '../../components/notice'
import { Spinner } from '../../components/progress'
import { RowMenu } from '../../components/row-menu'
import { Badge, toneIcons } from '../../components/state-mark'
import { useNow } from '../../shell/use-now'
import { attempt } from '../../stores/attempt'
import { useDraft } from '../../stores/draft'
import { ask, toast } from '../../stores/ui'
import { count, counted, dayAndTime } from '../../text/format'
import { breakerWords, describePlace, isOpenLine, placeState } from '../../text/places'
import { AdoptableJobs } from './adoptable-jobs'
import { CheckList } from './check-list'
import { PlaceDialog } from './place-dialog'
import { PlaceKey } from './place-key'
import { TunableBases } from './tunable-bases'

/** The instance that the run on Train would rent here: its quota is the one to look at. */
function draftInstance(place: ConnectionSummary): string | null {
  const { cloud } = useDraft.getState()
  return cloud?.kind === 'sagemaker' && cloud.connectionId === place.id ? cloud.instanceType : null
}

const check = (place: ConnectionSummary): void => void attempt(() => request('connections.check', { connectionId: place.id, instanceType: draftInstance(place) }))
const askAgain = (place: ConnectionSummary): void => void attempt(() => request('connections.retry', { connectionId: place.id }))

/** One place: how it stands, what its check found, its key, and jobs that are there but not here. */
export function PlaceCard({ place }: { readonly place: ConnectionSummary }) {
  const { id, config, breaker, activeJobs } = place
  const nowMs = useNow(15_000)
  const [editing, setEditing] = useState(false)
  const state = placeState(place)
  const Icon = config.kind === 'aws' ? Cloud : Server
  return (
    <section className="panel" aria-label={config.name}>
      <div className="panel-head environment-head">
        <Icon aria-hidden="true" />
        <h2 className="cut place-name" title={config.name}>{config.name}</h2>
        <span className="second small cut grow" title={describePlace(config)}>{describePlace(config)}{activeJobs > 0 && ` · ${counted(activeJobs, 'job')} there now`}</span>
        <div className="panel-end">
          <Badge tone={state.tone} icon={toneIcons[state.tone]}>{state.word}</Badge>
          <Button look={place.check === null ? 'primary' : 'plain'} busy={place.checking} onPress={() => { check(place) }}>{place.check === null ? 'Check' : 'Check again'}</Button>
          <RowMenu
            label={`Actions for ${config.name}`}
            small={false}
            inRow={false}
            actions={[
              { id: 'edit', label: 'Edit', icon: Pencil, run: () => { setEditing(true) } },
              { id: 'remove', label: 'Remove', icon: Trash2, danger: true, apart: true, run: () => void removePlace(place) },
            ]}
          />
        </div>
      </div>
      <div className="place-part">
        {breaker.state === 'open' && (
          <Notice tone="warn" title="Not answering." actions={<Button size="small" onPress={() => { askAgain(place) }}>Ask again now</Button>}>
            {breakerWords(breaker, nowMs)} Jobs there go on meanwhile; what they wrote is read when it answers.
          </Notice>
        )}
        {config.kind === 'openai' && isOpenLine(config.baseUrl) && <Notice tone="warn" title="Its address is not encrypted.">The key and the data can be read on the way.</Notice>}
        {place.checking && <p className="row small second" role="status"><Spinner /> Asking the place what is missing</p>}
        {place.check === null ? (
          !place.checking && <p className="second small">Not checked yet. Check asks the place and says exactly what is missing; it starts and changes nothing.</p>
        ) : (
          <>
            <p className="quiet micro">Checked {dayAndTime(place.check.atMs, nowMs)}.</p>
            <CheckList items={place.check.items} />
            <Quotas quotas={place.check.quotas} />
            {config.kind === 'openai' && <TunableBases bases={place.check.bases} name={config.name} />}
          </>
        )}
        {config.kind === 'openai' && <PlaceKey id={id} name={config.name} />}
        <AdoptableJobs place={place} />
      </div>
      {editing && <PlaceDialog kind={config.kind} place={place} onClose={() => { setEditing(false) }} />}
    </section>
  )
}

const instances = (value: number | null): string => (value === null ? 'not known' : value === 0 ? 'none' : count(value))

const fewTypes = 6

/** What the account may start: types that it has a quota for before those that it has none for. */
function Quotas({ quotas }: { readonly quotas: ConnectionCheck['quotas'] }) {
  const [all, setAll] = useState(false)
  const types = Object.entries(quotas)
  if (types.length === 0) return null
  const none = ([, { training, spot }]: (typeof types)[number]): boolean => (training ?? 0) + (spot ?? 0) === 0
  const sorted = types.toSorted((a, b) => Number(none(a)) - Number(none(b)))
  return (
    <div>
      <h3 className="place-title">Instances at once</h3>
      <KeyValue rows={(all ? sorted : sorted.slice(0, fewTypes)).map(([type, { training, spot }]) => [type, `${instances(training)} for training, ${instances(spot)} on spot`])} />
      {types.length > fewTypes && <Button look="link" size="small" onPress={() => { setAll(!all) }}>{all ? 'Show fewer' : `All ${counted(types.length, 'instance type')}`}</Button>}
    </div>
  )
}

async function removePlace({ id, config, activeJobs }: ConnectionSummary): Promise<void> {
  const answer = await ask({
    title: `Remove ${config.name}?`,
    body: `${activeJobs > 0 ? `${counted(activeJobs, 'job')} still ${activeJobs === 1 ? 'runs' : 'run'} there, so it will be refused. ` : ''}It leaves the list${config.kind === 'openai' ? ' with its key' : ''}. Nothing is deleted at the place; runs and models of it stay in the list, but it can no longer be asked. This cannot be undone.`,
    confirm: 'Remove place',
    danger: true,
  })
  if (answer !== 'confirm') return
  const removed = await attempt(async () => {
    await request('connections.remove', { connectionId: id })
    return true
  })
  if (removed !== null) toast({ title: 'Place removed', detail: config.name })
}
