import { ListFilter, Pencil, Plus, RefreshCw, Undo2 } from 'lucide-react'
import { useCallback, useEffect, useState } from 'react'
import type { Price } from '../../../../electron/shared/money'
import { request } from '../../bridge'
import { Button } from '../../components/button'
import { DataTable } from '../../components/data-table'
import type { Column } from '../../components/data-table'
import { Field } from '../../components/field'
import { Panel, Skeleton } from '../../components/layout'
import { ErrorNotice } from '../../components/notice'
import { RowMenu } from '../../components/row-menu'
import type { MenuAction } from '../../components/row-menu'
import { Badge } from '../../components/state-mark'
import { attempt } from '../../stores/attempt'
import { useConnections } from '../../stores/lists'
import { useSettings } from '../../stores/settings'
import { toast } from '../../stores/ui'
import { counted } from '../../text/format'
import { dateWords, price as priceWords, unitWords } from '../../text/money'
import { PriceDialog } from './price-dialog'

const keyOf = ({ place, item, region, unit }: Price): string => [place, item, region ?? '', unit].join(' ')
const placeNames: Readonly<Record<Price['place'], string>> = { sagemaker: 'SageMaker', openai: 'OpenAI protocol' }
const originWords: Readonly<Record<Price['origin'], string>> = { shipped: 'came with the app', fetched: 'fetched', edited: 'edited by you' }

/** The prices that quotes and bills rest on, each with its source and date. */
export function PricesPanel() {
  const [prices, setPrices] = useState<readonly Price[] | null>(null)
  const [error, setError] = useState<unknown>(null)
  const [filter, setFilter] = useState('')
  const [editing, setEditing] = useState<Price | 'new' | null>(null)
  const load = useCallback(() => { request('prices.list').then(setPrices, setError) }, [])
  useEffect(load, [load])
  const reset = ({ place, item, region, unit }: Price): void => void attempt(() => request('prices.reset', { place, item, region, unit })).then(load)
  const words = filter.toLowerCase().split(/\s+/).filter((word) => word !== '')
  const shown = (prices ?? []).filter((price) => words.every((word) => `${price.item} ${price.region ?? ''} ${placeNames[price.place]} ${originWords[price.origin]}`.toLowerCase().includes(word)))
  return (
    <Panel
      title="Prices"
      flush
      end={
        <>
          <div className="filter"><Field label="Filter prices" hideLabel icon={<ListFilter aria-hidden="true" />} placeholder="Filter prices" value={filter} onChange={setFilter} /></div>
          <FetchPrices onFetched={load} />
          <Button size="small" icon={Plus} onPress={() => { setEditing('new') }}>Add a price</Button>
        </>
      }
    >
      {error !== null && <ErrorNotice error={error} />}
      {prices === null ? (
        error === null && <Skeleton rows={4} label="Reading the prices" />
      ) : shown.length === 0 ? (
        <p className="nothing">{prices.length === 0 ? 'No price is known, so no quote can be given.' : `No price matches “${filter}”.`}</p>
      ) : (
        <div className="cost-table-scroll">
          <DataTable
            label="Prices"
            columns={columnsOf((price) => { setEditing(price) }, reset)}
            groups={(['sagemaker', 'openai'] as const).map((place) => ({ id: place, title: placeNames[place], items: shown.filter((price) => price.place === place) }))}
            idOf={keyOf}
            nameOf={(price) => `${price.item}, ${priceWords(price.usd)} for ${unitWords[price.unit]}`}
            onOpen={(price) => { setEditing(price) }}
          />
        </div>
      )}
      {editing !== null && <PriceDialog price={editing === 'new' ? null : editing} onClose={() => { setEditing(null) }} onSaved={load} />}
    </Panel>
  )
}

const columnsOf = (edit: (price: Price) => void, reset: (price: Price) => void): readonly Column<Price>[] => [
  { id: 'item', head: 'Instance or model', cell: (price) => <span className="medium mono" title={price.item}>{price.item}</span> },
  { id: 'region', head: 'Region', width: '104px', leaves: 1, cell: (price) => <span className="second">{price.region ?? 'any'}</span> },
  { id: 'price', head: 'Price', width: '84px', numeric: true, cell: (price) => priceWords(price.usd) },
  { id: 'unit', head: 'For', width: '178px', cell: (price) => <span className="second">{unitWords[price.unit]}</span> },
  { id: 'source', head: 'Source', width: '24%', leaves: 2, cell: (price) => <span className="named"><span className="quiet cut" title={price.source}>{price.source}</span>{price.origin !== 'shipped' && <Badge tone={price.origin === 'edited' ? 'accent' : 'plain'}>{originWords[price.origin]}</Badge>}</span> },
  { id: 'date', head: 'As of', width: '108px', numeric: true, leaves: 1, cell: (price) => <span className="second">{dateWords(price.asOf)}</span> },
  { id: 'actions', head: '', width: '52px', numeric: true, cell: (price) => <RowMenu label={`Actions for ${price.item}`} actions={actionsOf(price, edit, reset)} /> },
]

const actionsOf = (price: Price, edit: (price: Price) => void, reset: (price: Price) => void): readonly MenuAction[] => [
  { id: 'edit', label: 'Edit', icon: Pencil, run: () => { edit(price) } },
  ...(price.origin === 'edited' ? [{ id: 'reset', label: 'Back to what it was', icon: Undo2, run: () => { reset(price) } }] : []),
]

/** Asks the AWS Price List, once the user has allowed it; one button for each AWS region among the places. */
function FetchPrices({ onFetched }: { readonly onFetched: () => void }) {
  const places = useConnections((state) => state.items)
  const allowed = useSettings((state) => state.settings.cloud.fetchPrices)
  const [busy, setBusy] = useState<string | null>(null)
  if (!allowed) return null
  const regions = new Map(places.flatMap((place) => (place.config.kind === 'aws' ? [[place.config.region, place] as const] : [])))
  const fetchFor = (region: string, connectionId: (typeof places)[number]['id']): void => {
    setBusy(region)
    void attempt(() => request('prices.fetch', { connectionId })).then((answer) => {
      setBusy(null)
      if (answer === null) return
      toast({ title: answer.changed === 0 ? 'The prices are as they were' : `${counted(answer.changed, 'price')} changed`, detail: region, tone: 'good' })
      onFetched()
    })
  }
  return [...regions].map(([region, place]) => (
    <Button key={region} size="small" icon={RefreshCw} busy={busy === region} onPress={() => { fetchFor(region, place.id) }}>
      {`Fetch for ${region}`}
    </Button>
  ))
}
