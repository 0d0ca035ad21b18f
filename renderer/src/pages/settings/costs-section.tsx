import { FileDown } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { Ledger } from '../../../../electron/shared/money'
import type { AppSettings } from '../../../../electron/shared/settings'
import { request } from '../../bridge'
import { Button } from '../../components/button'
import { Segmented, Switch } from '../../components/choices'
import { Panel, Skeleton } from '../../components/layout'
import { ErrorNotice } from '../../components/notice'
import { NumberField } from '../../components/number-field'
import { Meter } from '../../components/progress'
import { useNow } from '../../shell/use-now'
import { attempt } from '../../stores/attempt'
import { useLedger } from '../../stores/ledger'
import { useSettings } from '../../stores/settings'
import { toast } from '../../stores/ui'
import { counted } from '../../text/format'
import { monthOf, monthWords, usd } from '../../text/money'
import { LedgerRows, LedgerTotals } from './ledger-tables'
import type { TotalsBy } from './ledger-tables'
import { PricesPanel } from './prices-panel'
import { SettingLine } from './setting-line'

const saveCsv = (): void =>
  void attempt(() => request('ledger.saveCsv')).then((saved) => {
    if (saved !== null) toast({ title: 'Costs saved', detail: saved.path, tone: 'good' })
  })

/** What work elsewhere has cost, what it may cost, and the prices that quotes rest on. */
export function CostsSection() {
  const ledger = useLedger((state) => state.ledger)
  const error = useLedger((state) => state.error)
  const load = useLedger((state) => state.load)
  useEffect(() => { void load() }, [load])
  return (
    <>
      <p className="second">Amounts are US dollars before tax, worked out from what the places count and from the prices below. The invoice of a place has the last word. Work on this machine costs nothing here.</p>
      {error !== null && <ErrorNotice error={error} actions={<Button size="small" onPress={() => void load()}>Try again</Button>} />}
      {ledger === null ? error === null && <Skeleton rows={6} label="Adding up the costs" /> : <LedgerPanels ledger={ledger} />}
      <BudgetPanel />
      <PricesPanel />
    </>
  )
}

const totals = [{ value: 'byMonth', label: 'Month' }, { value: 'byPlace', label: 'Place' }, { value: 'byModel', label: 'Model' }] as const

function LedgerPanels({ ledger }: { readonly ledger: Ledger }) {
  const [by, setBy] = useState<TotalsBy>('byMonth')
  return (
    <>
      <ThisMonth ledger={ledger} />
      <Panel title="Totals" flush end={<Segmented label="Totals by" value={by} options={totals} onChange={setBy} />}>
        <LedgerTotals ledger={ledger} by={by} />
      </Panel>
      <Panel title="Every entry" flush end={<><span>{counted(ledger.rows.length, 'entry', 'entries')}</span><Button size="small" icon={FileDown} disabled={ledger.rows.length === 0} onPress={saveCsv}>Save as CSV</Button></>}>
        <LedgerRows rows={ledger.rows} />
      </Panel>
    </>
  )
}

function ThisMonth({ ledger }: { readonly ledger: Ledger }) {
  const { monthlyUsd, usedUsd, runningUsd } = ledger.budget
  const month = monthOf(useNow(60_000))
  const unknown = ledger.byMonth.find((total) => total.key === month)?.unknownRows ?? 0
  const spent = usedUsd + runningUsd
  return (
    <Panel title={monthWords(month)} flush end={unknown === 0 ? undefined : `${counted(unknown, 'amount is', 'amounts are')} not known and not counted`}>
      <div className="figures cost-figures">
        <Figure name="Billed" value={usd(usedUsd)} />
        <Figure name="Running jobs so far" value={usd(runningUsd)} />
        <Figure name="Budget of the month" value={monthlyUsd === null ? 'none' : usd(monthlyUsd)} />
        {monthlyUsd !== null && <Figure name={spent > monthlyUsd ? 'Over it by' : 'Left'} value={usd(Math.abs(monthlyUsd - spent))} tone={spent > monthlyUsd ? 'bad' : 'none'} />}
      </div>
      {monthlyUsd !== null && <div className="cost-meter"><Meter label="Budget of the month used" ratio={spent / monthlyUsd} /></div>}
    </Panel>
  )
}

function Figure({ name, value, tone = 'none' }: { readonly name: string; readonly value: string; readonly tone?: 'none' | 'bad' }) {
  return (
    <div className="figure">
      <span className="figure-name">{name}</span>
      <span className={`figure-value ink-${tone}`}>{value}</span>
    </div>
  )
}

/** A budget to begin with; it is changed at once by whoever wants another. */
const firstBudget = 50

function BudgetPanel() {
  const { settings, change } = useSettings()
  const { cloud } = settings
  const set = (part: Partial<AppSettings['cloud']>): void => void attempt(async () => {
    await change({ cloud: { ...cloud, ...part } })
    // What is left of the month is worked out with the budget.
    await useLedger.getState().load()
  })
  const limited = cloud.monthlyBudgetUsd !== null
  return (
    <Panel title="Budget" flush>
      <SettingLine title="Budget of the month" text="Over all places. A job whose quote goes over it is refused.">
        <span className="row">
          {limited && <span className="cost-budget"><NumberField label="Budget of the month in dollars" unit="USD" value={cloud.monthlyBudgetUsd ?? firstBudget} minimum={0.01} maximum={10_000_000} decimals={2} step={0.01} onChange={(monthlyBudgetUsd) => { set({ monthlyBudgetUsd }) }} /></span>}
          <Switch label="Limit the month" on={limited} onChange={(on) => { set({ monthlyBudgetUsd: on ? firstBudget : null }) }} />
        </span>
      </SettingLine>
      <SettingLine title="Stop running jobs when it is used up" text="Off: running jobs go on and you are told.">
        <Switch label="Stop running jobs when the budget is used up" on={cloud.stopOverBudget} disabled={!limited} onChange={(stopOverBudget) => { set({ stopOverBudget }) }} />
      </SettingLine>
      <SettingLine title="Fetch prices" text="Lets the app ask the price list of AWS, when you press the button below; it sends your region and nothing else of yours.">
        <Switch label="Fetch prices" on={cloud.fetchPrices} onChange={(fetchPrices) => { set({ fetchPrices }) }} />
      </SettingLine>
    </Panel>
  )
}
