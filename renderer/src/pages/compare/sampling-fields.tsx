import type { ReactNode } from 'react'
import type { Precision, Sampling } from '../../../../electron/shared/comparison'
import { Segmented, Select } from '../../components/choices'
import { NumberField } from '../../components/number-field'
import { precisionWords } from './compared-models'

const precisions = (['float32', 'bfloat16', 'float16', 'nf4'] as const).map((value) => ({ value, label: precisionWords[value] }))
const ways = [
  { value: 'greedy', label: 'Greedy' },
  { value: 'sampled', label: 'Sampled' },
] as const

export const greedy: Sampling = { temperature: 0, topP: 1, maxNewTokens: 256, seed: 7 }

/** How text is generated. Greedy gives the same answer each time, so a comparison starts with it. */
export function SamplingFields({ sampling, precision, onSampling, onPrecision }: { readonly sampling: Sampling; readonly precision: Precision; onSampling(sampling: Sampling): void; onPrecision(precision: Precision): void }) {
  const isGreedy = sampling.temperature === 0
  return (
    <div className="sampling-fields">
      <div className="field">
        <span className="label">Sampling</span>
        <Segmented label="Sampling" options={ways} value={isGreedy ? 'greedy' : 'sampled'} onChange={(way) => { onSampling(way === 'greedy' ? { ...sampling, temperature: 0, topP: 1 } : { ...sampling, temperature: 0.7, topP: 0.95 }) }} />
      </div>
      <Named name="Temperature"><NumberField label="Temperature" value={sampling.temperature} minimum={0} maximum={5} step={0.1} decimals={2} disabled={isGreedy} onChange={(temperature) => { onSampling({ ...sampling, temperature }) }} /></Named>
      <Named name="Top-p"><NumberField label="Top-p" value={sampling.topP} minimum={0.01} maximum={1} step={0.01} decimals={2} disabled={isGreedy} onChange={(topP) => { onSampling({ ...sampling, topP }) }} /></Named>
      <Named name="Seed"><NumberField label="Seed" value={sampling.seed} minimum={0} maximum={2_147_483_647} onChange={(seed) => { onSampling({ ...sampling, seed }) }} /></Named>
      <Named name="Tokens at most"><NumberField label="Tokens at most" value={sampling.maxNewTokens} minimum={1} maximum={32_768} onChange={(maxNewTokens) => { onSampling({ ...sampling, maxNewTokens }) }} /></Named>
      <Select label="Precision" options={precisions} value={precision} onChange={onPrecision} />
    </div>
  )
}

function Named({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="field">
      <span className="label" aria-hidden="true">{name}</span>
      {children}
    </div>
  )
}
