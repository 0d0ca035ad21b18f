import { useState } from 'react'
import type { Price, PriceUnit } from '../../../../electron/shared/money'
import { request } from '../../bridge'
import { Button } from '../../components/button'
import { Select } from '../../components/choices'
import { Dialog } from '../../components/dialog'
import { Field } from '../../components/field'
import { ScientificField } from '../../components/number-field'
import { attempt } from '../../stores/attempt'
import { unitWords } from '../../text/money'

const units = (['instance-hour', 'million-training-tokens', 'million-input-tokens', 'million-output-tokens'] as const).map((value) => ({ value, label: unitWords[value] }))
const today = (): string => new Date().toISOString().slice(0, 10)

/** Changes a price, or adds one that no table has. */
export function PriceDialog({ price, onClose, onSaved }: { readonly price: Price | null; onClose(): void; onSaved(): void }) {
  const [unit, setUnit] = useState<PriceUnit>(price?.unit ?? 'million-training-tokens')
  const [item, setItem] = useState(price?.item ?? '')
  const [region, setRegion] = useState(price?.region ?? '')
  const [amount, setAmount] = useState(price?.usd ?? null)
  const [amountWrong, setAmountWrong] = useState(false)
  const [source, setSource] = useState(price?.origin === 'edited' ? price.source : '')
  const place = price?.place ?? (unit === 'instance-hour' ? 'sagemaker' : 'openai')
  const itemProblem = item.trim() === '' || item.trim().length > 120 ? 'The instance type or the name of the model.' : null
  const regionProblem = region.trim().length > 40 ? 'At most 40 characters.' : null
  const usd = amountWrong ? null : amount
  const incomplete = itemProblem !== null || regionProblem !== null || usd === null
  const save = (): void => {
    if (itemProblem !== null || regionProblem !== null || usd === null) return
    void attempt(async () => {
      await request('prices.set', { place, item: item.trim(), region: region.trim() === '' ? null : region.trim(), unit, usd, source: source.trim() === '' ? 'typed by you' : source.trim(), asOf: today() })
      onSaved()
      onClose()
    })
  }
  return (
    <Dialog
      title={price === null ? 'Add a price' : `Price of ${price.item}`}
      form
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button look="primary" disabled={incomplete} onPress={save}>Save price</Button>
        </>
      }
    >
      {price === null && (
        <>
          <Field label="Instance or model" mono autoFocus value={item} error={item === '' ? null : itemProblem} onChange={setItem} />
          <div className="price-fields">
            <Select label="Price for" options={units} value={unit} onChange={setUnit} />
            <Field label="Region" mono value={region} help="Empty: anywhere." error={regionProblem} onChange={setRegion} />
          </div>
        </>
      )}
      <div className="field">
        <span className="label" aria-hidden="true">US dollars for {unitWords[unit]}</span>
        <ScientificField label={`US dollars for ${unitWords[unit]}`} value={amount} minimum={0} maximum={1_000_000} format={(value) => value.toLocaleString('en-US', { maximumFractionDigits: 6, useGrouping: false })} onChange={setAmount} onWrong={setAmountWrong} />
      </div>
      <Field label="Source" value={source} maxLength={300} placeholder="typed by you" help="Where you read it. Its date becomes today's." onChange={setSource} />
    </Dialog>
  )
}
