import { Cloud, Plus } from 'lucide-react'
import { useState } from 'react'
import { Button } from '../../components/button'
import { Empty, Panel, Skeleton } from '../../components/layout'
import { ErrorNotice } from '../../components/notice'
import { NumberField } from '../../components/number-field'
import { attempt } from '../../stores/attempt'
import { useConnections } from '../../stores/lists'
import { useSettings } from '../../stores/settings'
import { PlaceCard } from './place-card'
import { PlaceDialog } from './place-dialog'
import type { PlaceFields } from './place-form'
import { SettingLine } from './setting-line'

/** Buttons of the head; while there is no place they stand in the middle of the page. */
export function PlaceActions() {
  const none = useConnections((state) => state.items.length === 0)
  return none ? null : <AddPlace />
}

/** The two kinds of places. */
function AddPlace({ first = false }: { readonly first?: boolean }) {
  const [adding, setAdding] = useState<PlaceFields['kind'] | null>(null)
  return (
    <>
      <Button icon={Plus} look={first ? 'primary' : 'plain'} onPress={() => { setAdding('aws') }}>Add AWS</Button>
      <Button icon={Plus} onPress={() => { setAdding('openai') }}>Add an OpenAI-protocol service</Button>
      {adding !== null && <PlaceDialog kind={adding} place={null} onClose={() => { setAdding(null) }} />}
    </>
  )
}

/** Places where jobs run elsewhere, and what is missing at each. */
export function PlacesSection() {
  const places = useConnections((state) => state.items)
  const status = useConnections((state) => state.status)
  const error = useConnections((state) => state.error)
  if (status === 'failed') return <ErrorNotice error={error} actions={<Button size="small" onPress={() => void useConnections.getState().load()}>Try again</Button>} />
  if (status === 'loading') return <Skeleton rows={4} label="Reading the places" />
  if (places.length === 0) {
    return (
      <Empty icon={Cloud} title="No place but this machine" actions={<AddPlace first />}>
        A place is where a job runs when this machine is too small: GPUs that you rent at AWS, or a service that tunes its own models. Work on this machine never needs one, and the app asks a place only what you tell it to.
      </Empty>
    )
  }
  return (
    <>
      <p className="second">Jobs can run at these places as well. Work on this machine never needs one; nothing is sent before you start a job there.</p>
      {places.map((place) => <PlaceCard key={place.id} place={place} />)}
      <JobsAtOnce />
    </>
  )
}

function JobsAtOnce() {
  const { settings, change } = useSettings()
  return (
    <Panel title="All places" flush>
      <SettingLine title="Jobs at once" text="Jobs elsewhere take no device of this machine; they have this limit of their own.">
        <NumberField label="Jobs at once" value={settings.cloud.concurrentJobs} minimum={1} maximum={64} onChange={(concurrentJobs) => void attempt(() => change({ cloud: { ...settings.cloud, concurrentJobs } }))} />
      </SettingLine>
    </Panel>
  )
}
